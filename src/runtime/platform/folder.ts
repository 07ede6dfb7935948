// Checks folders and files before use. Opening something that is no ordinary file (a pipe, a device) could wait for
// ever, and a system that refuses must be noticed before a database is written there.
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const PROBE_BYTES = 256 * 1024;

/**
 * Creates the folder and its parents, accessible only to their owner. (Node's recursive `mkdirSync` never returns if
 * the system says of an existing folder that it does not exist, as below /proc.)
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

/** Throws if nothing can be written into the folder. */
export function assertWritable(folder: string): void {
  const probe = join(folder, `probe.${process.pid}`);
  try {
    writeFileSync(probe, new Uint8Array(PROBE_BYTES), { mode: 0o600 });
  } finally {
    rmSync(probe, { force: true });
  }
}

/** Throws if there is something at `path` that is no ordinary file. */
export function assertFile(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats && !stats.isFile()) throw new Error(`${path} is no ordinary file`);
}

/**
 * Throws if anything in the folder, at any depth, is neither folder nor ordinary file nor link. The folder may be
 * missing.
 */
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
