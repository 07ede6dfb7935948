// What the runtimes do differently below the service: one interface, and a file for each of them.
import type { Write } from '../../lib/bounded-output.ts';
import type { Config } from '../config/config.ts';
import type { FileLock } from './file-lock.ts';

export interface Platform {
  readonly name: 'Node' | 'Deno' | 'Bun';
  /** Throws StartError where the runtime would refuse what these settings need. Asks nobody anything. */
  assertAllowed(config: Config): void;
  /** Locks `path`, which is made where it is missing, without waiting. Throws where it cannot be opened. */
  lockFile(path: string): FileLock;
  /** Writes the files of a new embedded database, in memory that is given back. Rejects where that fails. */
  writeEmbedded(directory: string): Promise<void>;
  /** Writes to standard output or the error output, where that is no file, without making anybody wait. */
  writer(descriptor: 1 | 2): Write;
  /** Called once the service listens. */
  started(): void;
}
