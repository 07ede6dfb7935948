// What a takeover makes before the migrations is what these make, to the letter.
import { readFileSync } from 'node:fs';
import { PgDialect } from 'drizzle-orm/pg-core';
import { expect, it } from 'vitest';
import { ADD_LOG_COLUMNS, CREATE_CONVERSATIONS, MAKE_ROOM, NUMBER_FOREIGN_ROWS } from '../../src/legacy/statements.ts';

const migrations = ['0000_tables', '0001_log'].map((name) => readFileSync(`migrations/${name}.sql`, 'utf8')).join('');

it.each([ADD_LOG_COLUMNS, CREATE_CONVERSATIONS, MAKE_ROOM, ...NUMBER_FOREIGN_ROWS])('statement %#', (statement) => {
  expect(migrations).toContain(`${new PgDialect().sqlToQuery(statement).sql.trim()};`.replace(/;;$/, ';'));
});
