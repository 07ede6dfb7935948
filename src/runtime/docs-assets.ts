// The files of the API's documentation page, from the installed package: no network, no copy in the project.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import type { DocsAsset } from '../http/dependencies.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
};

/** No slash and no leading dot, so the name stays in the package. */
const PLAIN_NAME = /^[a-z0-9][a-z0-9.-]*$/i;

/** Reads a file of swagger-ui-dist by its name. Returns undefined if there is no such file. */
export async function docsAssets(name: string): Promise<DocsAsset | undefined> {
  const type = TYPES[extname(name)];
  if (type === undefined || !PLAIN_NAME.test(name)) return undefined;
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  try {
    return { body: new Uint8Array(await readFile(join(folder, name))), type };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
