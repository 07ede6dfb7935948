// Statements whose text is put together once: where they are sent for single messages, that costs more than sending them.
import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { type Database, toRows } from './database.ts';

/** Runs the statement with a value for each of its placeholders, by name; gives its rows as plain objects. */
export type Statement<T> = (values: Readonly<Record<string, unknown>>) => Promise<T[]>;

/** `statement` names its values by `sql.placeholder`. What fails, fails as with `rows`. */
export function prepare<T extends Record<string, unknown>>(db: Database, statement: SQL): Statement<T> {
  const query = new PgDialect().sqlToQuery(statement);
  const prepared = db._.session.prepareQuery(query, undefined, undefined, false);
  return async (values) => toRows<T>(await prepared.execute(values));
}
