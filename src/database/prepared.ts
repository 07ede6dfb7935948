// Statements whose text is built once. For single messages, building it costs more than sending it.
import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { type Database, toRows } from './database.ts';

/**
 * `statement` names its values by `sql.placeholder`. The returned function takes a value for each of them, by name, and
 * returns the rows as plain objects. Fails as `rows` does.
 */
export function prepare<T extends Record<string, unknown>>(db: Database, statement: SQL) {
  const query = new PgDialect().sqlToQuery(statement);
  const prepared = db._.session.prepareQuery(query, undefined, undefined, false);
  return async (values: Readonly<Record<string, unknown>>) => toRows<T>(await prepared.execute(values));
}
