// The one type of database for all use cases. postgres.js, PGlite and transactions of both fit it.
import type { SQL } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import type * as schema from '../../drizzle/schema.ts';

export type Database = PgDatabase<PgQueryResultHKT, typeof schema>;

/** Runs one SQL statement and returns its rows as plain objects, however the driver wraps them. */
export async function rows<T extends Record<string, unknown>>(db: Database, statement: SQL): Promise<T[]> {
  return toRows<T>(await db.execute(statement));
}

/** What a statement of one column returns in its first row. Undefined if it returns none. */
export async function value<T>(db: Database, statement: SQL): Promise<T | undefined> {
  const [row] = await rows(db, statement);
  return row && (Object.values(row)[0] as T);
}

/** The rows of a driver's result. */
export function toRows<T>(result: unknown): T[] {
  return Array.isArray(result) ? (result as T[]) : (result as { rows: T[] }).rows;
}
