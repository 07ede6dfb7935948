// Turns what PGlite throws, which is not always an error and seldom has a message, into an Error with one.

/** The errors of WebAssembly's file system, by WASI's numbers. */
const FILE_ERRORS: Readonly<Record<number, string>> = {
  2: 'permission denied',
  8: 'the descriptor of a file is not valid',
  10: 'a file is busy',
  19: 'the disk quota is used up',
  20: 'a file is there already',
  22: 'a file is too large',
  28: 'a file is not what it should be',
  29: 'input or output failed',
  31: 'a folder is where a file should be',
  33: 'too many files are open',
  44: 'a file is missing',
  51: 'no space left on the device',
  54: 'a file is where a folder should be',
  63: 'operation not permitted',
  69: 'the file system is read-only',
};

/** From what was thrown, or only from its `errno` and `message`. */
export function engineFailure(error: unknown): Error {
  if (error instanceof Error && !/^Aborted\(/.test(error.message)) return error;
  const { errno, message } = error as { errno?: unknown; message?: unknown };
  if (typeof errno === 'number') return new Error(FILE_ERRORS[errno] ?? `error ${errno} of its file system`);
  // Without a cause, because that would be reported instead of this text.
  return new Error(`PostgreSQL inside the process has aborted (${String(message ?? error)})`);
}
