// The data directory. One process at a time holds it if it has the embedded database. It also keeps the secret that
// signs tokens outside production.
import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '../../lib/logger.ts';
import { assertFile, assertWritable, makeFolder } from '../platform/folder.ts';
import { thisPlatform } from '../platform/this-platform.ts';
import { StartError } from '../start-error.ts';

const LOCK_FILE = 'lock';
/** The file of the generated secret in the directory. */
export const SECRET_FILE = 'jwt-secret';
const SECRET_BYTES = 48;

/** Creates the directory if it is missing. Throws StartError if it cannot. */
export function makeDataDir(directory: string): void {
  attempt(`Cannot make the data directory ${directory} (set DATA_DIR to another)`, () => makeFolder(directory));
}

/**
 * Holds the directory for this process until the returned function is called or the process ends. Throws StartError if
 * another process holds it: PGlite has no lock of its own, and two writers would destroy the database.
 */
export function holdDataDir(directory: string, logger: Logger): () => void {
  makeDataDir(directory);
  const path = join(directory, LOCK_FILE);
  const lock = attempt(`Cannot lock the data directory ${directory}`, () => {
    assertFile(path);
    return thisPlatform().lockFile(path);
  });
  if (lock.state === 'taken') throw new StartError(inUse(directory, path));
  attempt(`Cannot write into the data directory ${directory}`, () => {
    if (lock.state === 'locked') lock.describe(`process ${process.pid} on ${hostname()}\n`);
    assertWritable(directory);
  });
  if (lock.state === 'unsupported') {
    logger.warn(
      { directory },
      'no `flock` command here: nothing stops a second process from using this data directory',
    );
    return () => {};
  }
  return () => lock.unlock();
}

function inUse(directory: string, path: string): string {
  return `The data directory ${directory} is in use by another process (${holder(path)}): stop that one, set DATA_DIR to another directory, or share a PostgreSQL server with DATABASE_URL`;
}

function holder(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim() || 'just starting';
  } catch {
    return 'unknown'; // Windows does not let anybody read a locked file
  }
}

/** The secret kept in the directory, generated at first use and readable only for its owner. */
export function generatedSecret(directory: string): string {
  makeDataDir(directory);
  const path = join(directory, SECRET_FILE);
  return attempt(`Cannot keep a generated JWT secret in ${directory} (set JWT_SECRET)`, () => {
    assertFile(path);
    try {
      return readSecret(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      writeSecret(path);
      return readSecret(path);
    }
  });
}

function readSecret(path: string): string {
  const secret = readFileSync(path, 'utf8').trim();
  if (secret.length < SECRET_BYTES) throw new Error(`${path} is damaged: remove it, which signs everybody out`);
  return secret;
}

/**
 * The file is complete when it appears, and never replaced: if two processes start at once, both use the first one's.
 */
function writeSecret(path: string): void {
  const draft = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function attempt<T>(failure: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw new StartError(`${failure}: ${text(cause)}`, { cause });
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
