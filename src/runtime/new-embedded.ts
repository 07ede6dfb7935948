// Makes the files of a new embedded database in a process of its own: that takes some 800 MB, which a process that stays
// would never give back. Whole or not at all: the folder gets its name when everything is in it.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from './project-root.ts';
import { StartError } from './start-error.ts';

const MAKE = `
  import { PGlite } from '@electric-sql/pglite';
  const database = await PGlite.create(process.argv[1]);
  await database.close();
`;

/** Does nothing where `directory` holds a database. Throws StartError where one cannot be made there. */
export async function makeEmbedded(directory: string): Promise<void> {
  if (existsSync(join(directory, 'PG_VERSION'))) return;
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw new StartError(`Cannot make the embedded database in ${directory}: the folder holds something else`);
  }
  const unfinished = `${directory}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  try {
    const args = ['--input-type=module', '--eval', MAKE, unfinished];
    await promisify(execFile)(process.execPath, args, { cwd: projectRoot() });
    renameSync(unfinished, directory);
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true });
    throw new StartError(`Cannot make the embedded database in ${directory}: ${lastLine(cause)}`, { cause });
  }
}

function lastLine(cause: unknown): string {
  const { stderr, message } = cause as { stderr?: string; message: string };
  return (stderr || message).trim().split('\n').at(-1) ?? '';
}
