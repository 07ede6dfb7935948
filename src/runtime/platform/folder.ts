// Folders and files that are looked at before they are used: what is no ordinary one (a pipe, a device) would let whoever
// opens it wait for ever, and a system that refuses is to be heard of before a database is written there.
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const PROBE_BYTES = 256 * 1024;

/**
 * Makes the folder and those above it, for their owner alone. (The recursive `mkdirSync` of Node never returns where the
 * system says of a folder that is there that it is not, as below /proc.)
 */
export function makeFolder(path: string): void {
  if (isFolder(path)) return;
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      if (isFolder(path)) return;
      throw new Error('something that is no folder has this name', { cause: error });
    }
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path || isFolder(parent)) throw error;
    makeFolder(parent);
    makeFolder(path);
  }
}

/** Throws where nothing can be written into the folder. */
export function assertWritable(folder: string): void {
  const probe = join(folder, `probe.${process.pid}`);
  try {
    writeFileSync(probe, new Uint8Array(PROBE_BYTES), { mode: 0o600 });
  } finally {
    rmSync(probe, { force: true });
  }
}

/** Throws where there is something at `path`, and it is no ordinary file. */
export function assertFile(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats && !stats.isFile()) throw new Error(`${path} is no ordinary file`);
}

/** Throws where anything in the folder, however deep, is neither folder nor ordinary file nor link. No folder is fine. */
export function assertOrdinary(folder: string): void {
  if (!statSync(folder, { throwIfNoEntry: false })) return;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() || entry.isDirectory() || entry.isSymbolicLink()) continue;
    throw new Error(`${join(entry.parentPath, entry.name)} is no ordinary file`);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
