// A database that was opened, whichever it is, and what opening one may be helped by.
import type { Logger } from '../lib/logger.ts';
import type { Database } from './database.ts';

export interface DatabaseHelp {
  /**
   * Hears once of each reason for which the database cannot be used as it should be, and of its end; of an embedded one,
   * of its abort, and of its being open again.
   */
  readonly logger?: Logger;
  /** Embedded: how much may still be written where a folder is. Without it, it is simply tried to open it anew. */
  readonly freeBytes?: (directory: string) => Promise<number>;
}

export interface DatabaseHandle {
  readonly db: Database;
  readonly kind: 'postgres' | 'embedded';
  /** Resolves when the database answers; rejects (see `isUnavailable`) within about six seconds when it does not. */
  ping(): Promise<void>;
  /** From now on the logger hears why the database cannot be used; before, whoever opens it says so. */
  speak(): void;
  /** Rejects with DependencyError where the database answers, and yet cannot be used as it should be; else like `ping`. */
  check(): Promise<void>;
  /** Runs `work` on a session of its own without any time limit, as migrations need it. Embedded: on the only one. */
  dedicated<T>(work: (db: Database) => Promise<T>): Promise<T>;
  /** Lets running statements end, at most five seconds, then closes every connection. */
  close(): Promise<void>;
}
