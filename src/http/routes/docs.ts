// The page that shows the published document: Swagger UI, served only from our own files.
import * as z from 'zod';
import { ChatError } from '../../protocol/errors.ts';
import { text } from '../../protocol/fields.ts';
import type { AppDependencies, DocsAsset } from '../dependencies.ts';
import { defineUnlisted, type Route, type Routes } from '../route.ts';

/** Its addresses are relative, because a proxy may serve it under another path. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chat service API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

/** A separate file, because our Content-Security-Policy forbids scripts inside the page. */
const START =
  "SwaggerUIBundle({ url: 'openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });\n";

/** The files that the page loads. Nothing else of the package is served. */
const ASSETS = new Set(['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']);
const START_ASSET: DocsAsset = { body: new TextEncoder().encode(START), type: 'text/javascript; charset=utf-8' };
const CACHED = 'public, max-age=3600';

function docsPage(): Route {
  return defineUnlisted({
    method: 'GET',
    path: '/docs',
    access: 'open',
    run: () => ({ status: 200, body: PAGE, type: 'text/html; charset=UTF-8' }),
  });
}

function docsAsset({ docsAssets }: Pick<AppDependencies, 'docsAssets'>): Route {
  /** Each file is read once and shared. With a copy for each request, slow strangers could fill the memory. */
  const kept = new Map([['start.js', START_ASSET]]);

  async function find(name: string): Promise<DocsAsset | undefined> {
    const asset = kept.get(name) ?? (ASSETS.has(name) ? await docsAssets(name) : undefined);
    if (asset) kept.set(name, asset);
    return asset;
  }

  return defineUnlisted({
    method: 'GET',
    path: '/docs/:asset',
    access: 'open',
    params: z.object({ asset: text() }),
    async run({ params }) {
      const asset = await find(params.asset);
      if (!asset) throw new ChatError('NOT_FOUND');
      const body = asset.body as Uint8Array<ArrayBuffer>;
      return { status: 200, body, type: asset.type, headers: { 'Cache-Control': CACHED } };
    },
  });
}

export const DOCS_ROUTES: Routes = [docsPage, docsAsset];
