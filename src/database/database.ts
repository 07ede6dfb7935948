// The one type of database that use cases take: postgres.js, PGlite and a transaction of either fit it.
import type { SQL } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type * as schema from '../../drizzle/schema.ts';

export type Database = PgDatabase<PgQueryResultHKT, typeof schema>;

/** Runs one SQL statement and gives its rows as plain objects, whatever the driver wraps them in. */
export async function rows<T extends Record<string, unknown>>(db: Database, statement: SQL): Promise<T[]> {
  return toRows<T>(await db.execute(statement));
}

/** The rows of what a driver gave. */
export function toRows<T>(result: unknown): T[] {
  return Array.isArray(result) ? (result as T[]) : (result as { rows: T[] }).rows;
}
