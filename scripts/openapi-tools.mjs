// The public tools that the published OpenAPI document has to please, of pinned versions, installed when a test first needs
// them: as dependencies they would cost everybody 140 MB, and the generators want another TypeScript than the project.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, installPackages } from './npm-folder.mjs';

/** A folder each, with a number that counts up with the versions. */
const TOOLS = {
  'openapi-linters': ['@redocly/cli@2.77.0', '@stoplight/spectral-cli@6.16.3'],
  'openapi-generators': [
    ...['openapi-typescript@7.13.0', 'openapi-fetch@0.17.0', '@hey-api/openapi-ts@0.95.0'],
    'typescript@5.9.3',
  ],
};
const EDITION = 1;

/**
 * The absolute path of the folder whose node_modules has the tools. Throws an error with one line that says why, if they
 * cannot be installed.
 *
 * @param {keyof TOOLS} name
 * @returns {string}
 */
export function toolsFolder(name) {
  const folder = join(cacheFolder(), `${name}-${EDITION}`);
  if (!existsSync(folder)) installPackages(folder, TOOLS[name]);
  return folder;
}
