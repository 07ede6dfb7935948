// Statements whose text is built once. For single messages, building it costs more than sending it.
import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { type Database, toRows } from './database.ts';

/** Runs the statement with a value for each of its placeholders, by name. Returns its rows as plain objects. */
export type Statement<T> = (values: Readonly<Record<string, unknown>>) => Promise<T[]>;

/** `statement` names its values by `sql.placeholder`. Fails as `rows` does. */
export function prepare<T extends Record<string, unknown>>(db: Database, statement: SQL): Statement<T> {
  const query = new PgDialect().sqlToQuery(statement);
  const prepared = db._.session.prepareQuery(query, undefined, undefined, false);
  return async (values) => toRows<T>(await prepared.execute(values));
}
