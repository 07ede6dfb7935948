// Writes the files of a new embedded database outside the service, because the service would never give back the 800 MB
// that this takes. All or nothing: the folder gets its name when everything is in it.
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { assertOrdinary } from '../platform/folder.ts';
import { thisPlatform } from '../platform/this-platform.ts';
import { StartError } from '../start-error.ts';

/** Does nothing if `directory` holds a database. Throws StartError if one cannot be created there. */
export async function makeEmbedded(directory: string): Promise<void> {
  if (holdsDatabase(directory)) return;
  const unfinished = `${directory}.unfinished`;
  try {
    rmSync(unfinished, { recursive: true, force: true });
    await thisPlatform().writeEmbedded(unfinished);
    renameSync(unfinished, directory);
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true });
    throw new StartError(`Cannot make the embedded database in ${directory}: ${(cause as Error).message}`, { cause });
  }
}

/** True for a database, false if one may be created there. Throws StartError for anything else. */
export function holdsDatabase(directory: string): boolean {
  try {
    assertOrdinary(directory);
    if (existsSync(join(directory, 'PG_VERSION'))) return true;
    if (!existsSync(directory) || readdirSync(directory).length === 0) return false;
  } catch (cause) {
    throw new StartError(`Cannot use the embedded database in ${directory}: ${(cause as Error).message}`, { cause });
  }
  throw new StartError(`Cannot make the embedded database in ${directory}: the folder holds something else`);
}
