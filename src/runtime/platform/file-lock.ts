// A lock that one process holds on a file. The operating system releases it, however the process ends. Process ids in a
// file cannot do that: they are reused, and in containers every service has the same one.
import { spawnSync } from 'node:child_process';
import { closeSync, constants, ftruncateSync, openSync, writeSync } from 'node:fs';

export interface Locked {
  readonly state: 'locked';
  /** Writes a text into the file, for those who find it locked. */
  describe(text: string): void;
  unlock(): void;
}

export type FileLock =
  | Locked
  | { readonly state: 'taken' }
  /** This system offers us no such lock. */
  | { readonly state: 'unsupported' };

/**
 * Systems on which opening a file can lock it: O_EXLOCK of the BSDs and macOS, libuv's flag for no sharing on Windows.
 */
const EXCLUSIVE_OPEN: Partial<Record<NodeJS.Platform, number>> = {
  darwin: 0x20,
  freebsd: 0x20,
  openbsd: 0x20,
  win32: 0x1000_0000,
};

const READ_WRITE = constants.O_RDWR | constants.O_CREAT;
/** The errors of the systems if another process has the lock. */
const TAKEN = new Set(['EAGAIN', 'EWOULDBLOCK', 'EBUSY']);

/** Locks `path` without waiting. Creates the file if it is missing. Throws if it cannot be opened. */
export function lockFile(path: string): FileLock {
  const exclusive = EXCLUSIVE_OPEN[process.platform];
  return exclusive === undefined ? lockByCommand(path) : lockByOpening(path, exclusive);
}

function lockByOpening(path: string, exclusive: number): FileLock {
  try {
    return locked(openSync(path, READ_WRITE | exclusive | (constants.O_NONBLOCK ?? 0), 0o600));
  } catch (error) {
    if (TAKEN.has(String((error as NodeJS.ErrnoException).code))) return { state: 'taken' };
    throw error;
  }
}

/**
 * Neither Node nor Bun has flock(2), but the lock belongs to the open file, not to the process. The command `flock`
 * (util-linux, BusyBox) locks the file that it inherits from us, and ends. The lock stays while our descriptor is open.
 */
function lockByCommand(path: string): FileLock {
  const descriptor = openSync(path, READ_WRITE, 0o600);
  const { status } = spawnSync('flock', ['-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', descriptor] });
  if (status === 0) return locked(descriptor);
  closeSync(descriptor);
  return { state: status === 1 ? 'taken' : 'unsupported' };
}

function locked(descriptor: number): Locked {
  return {
    state: 'locked',
    describe(text) {
      ftruncateSync(descriptor);
      writeSync(descriptor, text, 0);
    },
    unlock: () => closeSync(descriptor),
  };
}
