// The public tools that the published OpenAPI document must satisfy, of pinned versions, installed when a test first
// needs them: as dependencies they would cost everybody 170 MB, and the generators need another TypeScript than the
// project. `node scripts/openapi-tools.mjs [names]` installs them, and prints where each is.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { argv, exit } from 'node:process';
import { pathToFileURL } from 'node:url';
import { cacheFolder, installPackages } from './npm-folder.mjs';

/** One folder each. Its number counts up when the versions change. */
const TOOLS = {
  'openapi-linters': ['@redocly/cli@2.77.0', '@stoplight/spectral-cli@6.16.3'],
  'openapi-generators': [
    ...['openapi-typescript@7.13.0', 'openapi-fetch@0.17.0', '@hey-api/openapi-ts@0.95.0'],
    'typescript@5.9.3',
  ],
  // A browser without a window, for the page of the document.
  'openapi-page': ['jsdom@29.1.1'],
};
const EDITION = 1;

export const TOOL_NAMES = Object.keys(TOOLS);

/**
 * The absolute path of the folder whose node_modules has the tools. Throws an error with one line that says why, if they
 * cannot be installed.
 *
 * @param {keyof TOOLS} name
 * @returns {string}
 */
export function toolsFolder(name) {
  if (!TOOLS[name]) throw new Error(`There are no tools ${name}: it is one of ${TOOL_NAMES.join(', ')}`);
  const folder = join(cacheFolder(), `${name}-${EDITION}`);
  if (!existsSync(folder)) installPackages(folder, TOOLS[name]);
  return folder;
}

function main(names) {
  try {
    for (const name of names.length > 0 ? names : TOOL_NAMES) console.log(toolsFolder(name));
  } catch (error) {
    console.error(error.message);
    exit(1);
  }
}

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) main(argv.slice(2));
