// Makes the files of a new embedded database: apart from the service, for that takes some 800 MB, which it would never give
// back. Whole or not at all: the folder gets its name when everything is in it.
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { thisPlatform } from './platform.ts';
import { StartError } from './start-error.ts';

/** Does nothing where `directory` holds a database. Throws StartError where one cannot be made there. */
export async function makeEmbedded(directory: string): Promise<void> {
  if (existsSync(join(directory, 'PG_VERSION'))) return;
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw new StartError(`Cannot make the embedded database in ${directory}: the folder holds something else`);
  }
  const unfinished = `${directory}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  try {
    await thisPlatform().writeEmbedded(unfinished);
    renameSync(unfinished, directory);
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true });
    throw new StartError(`Cannot make the embedded database in ${directory}: ${(cause as Error).message}`, { cause });
  }
}
