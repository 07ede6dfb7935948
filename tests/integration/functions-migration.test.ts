// From a changed text in drizzle/functions/ to a migration and back: what `npm run migration:functions` writes.
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { compareFunctions, readFunctions } from '../../scripts/functions.mjs';
import { connectDatabase } from '../../src/database/connect.ts';
import { type Database, rows } from '../../src/database/database.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { createDatabase } from '../support/postgres.ts';

const FILES = readFunctions('drizzle/functions');
const NEW = `-- New.\nCREATE OR REPLACE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql AS $$ SELECT 2 * n $$;`;
const SAME = { up: [], down: [], unowned: [] };

let handle: DatabaseHandle;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await createDatabase(inject('postgresUrl'));
  drop = database.drop;
  handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 2, ssl: false });
  await runMigrations(handle, 'migrations');
});
afterAll(async () => {
  await handle.close();
  await drop();
});

const TAKEN_BACK = new Error('taken back');

async function compare(files: string[][]) {
  let found: Awaited<ReturnType<typeof compareFunctions>> | undefined;
  const work = handle.db.transaction(async (tx) => {
    const query = (text: string) => rows<{ name: string; text: string }>(tx as Database, sql.raw(text));
    found = await compareFunctions(query, files);
    throw TAKEN_BACK;
  });
  await work.catch((error) => {
    if (error !== TAKEN_BACK) throw error;
  });
  return found;
}

/** The files with one text changed. */
function changed(before: string | RegExp, after: string): string[][] {
  const files = FILES.map((statements) => statements.map((statement) => statement.replace(before, after)));
  expect(files).not.toEqual(FILES);
  return files;
}

it.each([
  ['a body', changed('RETURNING "lastSeq"', 'RETURNING "lastSeq" + 0'), /^-- The next number.*take_number/s, 1],
  ['a new function', [...FILES, [NEW]], /twice/, 1],
  [
    'a condition of a trigger',
    changed('WHEN (NEW.seq IS NULL OR', 'WHEN (NEW.seq = 0 OR'),
    /TRIGGER number_foreign_insert/,
    2,
  ],
])('%s is brought to the database, and taken back', async (_what, files, said, count) => {
  expect(await compare(FILES)).toEqual(SAME);
  const plan = await compare(files);
  expect(plan?.up).toHaveLength(count);
  expect(plan?.up.join('\n')).toMatch(said);
  for (const statement of plan?.up ?? []) await handle.db.execute(sql.raw(statement));
  expect(await compare(files)).toEqual(SAME);
  for (const statement of plan?.down ?? []) await handle.db.execute(sql.raw(statement));
  expect(await compare(FILES)).toEqual(SAME);
});

it('a function that no file makes is named', async () => {
  const [taken] = FILES.filter((statements) => statements.join().includes('FUNCTION take_number('));
  const plan = await compare(FILES.filter((statements) => statements !== taken));
  expect(plan).toEqual({ up: [], down: [], unowned: ['FUNCTION take_number(integer)'] });
});
