// What the runtimes do differently: one interface, and a file for each runtime.
import type { Write } from '../../lib/bounded-output.ts';
import type { Config } from '../config/config.ts';
import type { FileLock } from './file-lock.ts';

export interface Platform {
  readonly name: 'Node' | 'Deno' | 'Bun';
  /** Throws StartError if the runtime would refuse what these settings need. Never prompts anybody. */
  assertAllowed(config: Config): void;
  /** Locks `path` without waiting. Creates the file if it is missing. Throws if it cannot be opened. */
  lockFile(path: string): FileLock;
  /** Writes the files of a new embedded database, in memory that is given back. Rejects if that fails. */
  writeEmbedded(directory: string): Promise<void>;
  /** Writes to standard output or the error output, if that is no file, without waiting for the reader. */
  writer(descriptor: 1 | 2): Write;
}
