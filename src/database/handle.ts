// An open database of either kind, and what can be passed to its opening.
import type { Logger } from '../lib/logger.ts';
import type { Database } from './database.ts';

export interface DatabaseHelp {
  /**
   * Logs each reason for which the database cannot be used as it should be, once, and its end. For an embedded one,
   * logs its abort, and when it is open again.
   */
  readonly logger?: Logger;
  /** Embedded: how much may still be written on the disk of a folder. Without it, opening it again is simply tried. */
  readonly freeBytes?: (directory: string) => Promise<number>;
}

export interface DatabaseHandle {
  readonly db: Database;
  readonly kind: 'postgres' | 'embedded';
  /** Resolves when the database answers. Rejects (see `isUnavailable`) within about six seconds if it does not. */
  ping(): Promise<void>;
  /** From now on, the logger gets why the database cannot be used. Before that, whatever opens it reports that. */
  speak(): void;
  /** Rejects with DependencyError if the database answers but cannot be used as it should be. Otherwise like `ping`. */
  check(): Promise<void>;
  /**
   * Runs `work` on a session of its own without any time limit, as migrations need it. Embedded: on the only session.
   */
  dedicated<T>(work: (db: Database) => Promise<T>): Promise<T>;
  /** Lets running statements end for at most five seconds, then closes every connection. */
  close(): Promise<void>;
}
