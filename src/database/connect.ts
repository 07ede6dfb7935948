// Opens the database: a PostgreSQL server over postgres.js, or PGlite inside this process.
import type { DatabaseHandle, DatabaseHelp } from './handle.ts';
import { connectPostgres, type PostgresOptions } from './postgres.ts';

/** An embedded one is in an existing folder, or `memory://`. Nothing else may have it open: PGlite takes no lock. */
export type DatabaseOptions = PostgresOptions | { readonly kind: 'embedded'; readonly directory: string };

/**
 * For `postgres` this connects on the first statement, so it never fails by itself: call `ping` to find out. In every
 * session timestamps are text in UTC, and int8 (as `count(*)` returns it) is a number.
 */
export async function connectDatabase(options: DatabaseOptions, help: DatabaseHelp = {}): Promise<DatabaseHandle> {
  if (options.kind === 'postgres') return connectPostgres(options, help);
  // Imported only here: it takes hundreds of megabytes, which a start with a server must not pay for.
  const { connectEmbedded } = await import('./embedded.ts');
  return connectEmbedded(options.directory, help);
}
