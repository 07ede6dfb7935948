// The page of the published document: Swagger UI from our own files, nothing from anywhere else.
import { Hono } from 'hono';
import { ChatError } from '../../protocol/errors.ts';
import type { AppDependencies, DocsAsset } from '../dependencies.ts';
import type { HttpEnvironment } from '../environment.ts';
import { respond, setHeader } from '../respond.ts';

/** Its addresses are relative, for a proxy may have put the service under a path of its own. */
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

/** A file of its own, because our security policy forbids scripts inside the page. */
const START =
  "SwaggerUIBundle({ url: 'openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });\n";

/** What the page asks for; nothing else of the package is served. */
const ASSETS = new Set(['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']);
const START_ASSET: DocsAsset = { body: new TextEncoder().encode(START), type: 'text/javascript; charset=utf-8' };
const CACHED = 'public, max-age=3600';

export function docsRoutes({ docsAssets }: Pick<AppDependencies, 'docsAssets'>): Hono<HttpEnvironment> {
  /** Read once: a copy for each who asks, and then takes its time, would be memory that strangers can ask for. */
  const kept = new Map([['start.js', START_ASSET]]);

  async function find(name: string): Promise<DocsAsset | undefined> {
    const asset = kept.get(name) ?? (ASSETS.has(name) ? await docsAssets(name) : undefined);
    if (asset) kept.set(name, asset);
    return asset;
  }

  return new Hono<HttpEnvironment>()
    .get('/', (c) => respond(c, 200, PAGE, 'text/html; charset=UTF-8'))
    .get('/:asset', async (c) => {
      const asset = await find(c.req.param('asset'));
      if (!asset) throw new ChatError('NOT_FOUND');
      setHeader(c, 'Cache-Control', CACHED);
      return respond(c, 200, asset.body as Uint8Array<ArrayBuffer>, asset.type);
    });
}
