// The one door to PostgreSQL: a server over postgres.js, or PGlite inside this process.
import type { Logger } from '../lib/logger.ts';
import type { Database } from './database.ts';
import { connectPostgres, type PostgresOptions } from './postgres.ts';

export type DatabaseOptions = PostgresOptions | EmbeddedOptions;

export interface EmbeddedOptions {
  readonly kind: 'embedded';
  /** An existing folder, or `memory://`. Nothing else may have it open: PGlite itself takes no lock. */
  readonly directory: string;
}

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
  readonly kind: DatabaseOptions['kind'];
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

/**
 * For `postgres` this connects on the first statement, so it never fails by itself: call `ping` to know.
 * In every session timestamps are text in UTC, and int8 (as `count(*)` gives it) is a number.
 */
export async function connectDatabase(options: DatabaseOptions, help: DatabaseHelp = {}): Promise<DatabaseHandle> {
  if (options.kind === 'postgres') return connectPostgres(options, help);
  // Only here: it takes hundreds of megabytes, which a start with a server must not pay.
  const { connectEmbedded } = await import('./embedded.ts');
  return connectEmbedded(options.directory, help);
}
