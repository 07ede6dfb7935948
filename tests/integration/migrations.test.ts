// The migrations on an empty database: forth, again, back and forth; by several at once; never on somebody else's tables.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import * as schema from '../../drizzle/schema.ts';
import { compareFunctions, readFunctions } from '../../scripts/functions.mjs';
import { connectDatabase } from '../../src/database/connect.ts';
import { rows } from '../../src/database/database.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { pendingMigrations, revertMigration } from '../../src/database/migrate.ts';
import { MigrationError } from '../../src/database/migration-error.ts';
import { runWithTakeover as runMigrations } from '../../src/legacy/run.ts';
import { describeSchema } from '../support/catalog.ts';
import { downScript, MIGRATIONS } from '../support/migrations.ts';
import { createDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const journal: { entries: { tag: string }[] } = JSON.parse(readFileSync(`${MIGRATIONS}/meta/_journal.json`, 'utf8'));
const ALL = journal.entries.map(({ tag }) => tag.slice(0, 4));

const embedded = await connectDatabase({ kind: 'embedded', directory: 'memory://' });
afterAll(() => embedded.close());

/** A handle on an empty database of the server, which goes with the test. */
async function emptyDatabase(): Promise<{ handle: DatabaseHandle; url: string; drop(): Promise<void> }> {
  const database = await createDatabase(inject('postgresUrl'));
  const handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 2, ssl: false });
  const drop = async () => {
    await handle.close();
    await database.drop();
  };
  return { handle, url: database.url, drop };
}

describe.each(['postgres', 'embedded'] as const)('%s', (kind) => {
  it('goes forth, stays, goes back step by step, and forth again', async () => {
    const server = kind === 'postgres' ? await emptyDatabase() : undefined;
    const handle = server?.handle ?? embedded;
    const before = await describeSchema(handle.db);
    expect(await pendingMigrations(handle, MIGRATIONS)).toEqual(ALL);
    expect(await runMigrations(handle, MIGRATIONS)).toEqual(ALL);
    const complete = await describeSchema(handle.db);
    expect(await pendingMigrations(handle, MIGRATIONS)).toEqual([]);
    expect(await runMigrations(handle, MIGRATIONS)).toEqual([]);
    for (const number of ALL.toReversed()) {
      expect(await revertMigration(handle, MIGRATIONS, downScript)).toBe(number);
    }
    expect(await describeSchema(handle.db)).toEqual(before);
    expect(await revertMigration(handle, MIGRATIONS, downScript)).toBeUndefined();
    expect(await runMigrations(handle, MIGRATIONS)).toEqual(ALL);
    expect(await describeSchema(handle.db)).toEqual(complete);
    await server?.drop();
  });
});

describe('the SQL', () => {
  it('makes the tables that drizzle/schema.ts describes', async () => {
    const [ours, generated] = [await emptyDatabase(), await emptyDatabase()];
    await runMigrations(ours.handle, MIGRATIONS);
    for (const statement of await generateMigration(generateDrizzleJson({}), generateDrizzleJson({ ...schema }))) {
      await generated.handle.db.execute(sql.raw(statement));
    }
    const tables = (lines: string[]) => lines.filter((line) => !/^(function|trigger)/.test(line));
    expect(tables(await describeSchema(ours.handle.db))).toEqual(await describeSchema(generated.handle.db));
    await Promise.all([ours.drop(), generated.drop()]);
  });

  it('has a snapshot of the present schema, so that the next migration holds what is new and no more', async () => {
    const last = journal.entries.at(-1)?.tag.slice(0, 4);
    const snapshot = JSON.parse(readFileSync(`${MIGRATIONS}/meta/${last}_snapshot.json`, 'utf8'));
    expect(await generateMigration(snapshot, generateDrizzleJson({ ...schema }))).toEqual([]);
  });

  it('makes the functions and triggers of drizzle/functions/, and no others', async () => {
    const { handle, drop } = await emptyDatabase();
    await runMigrations(handle, MIGRATIONS);
    const compared = handle.db.transaction(async (tx) => {
      const query = (text: string) => rows<{ name: string; text: string }>(tx, sql.raw(text));
      return compareFunctions(query, readFunctions('drizzle/functions'));
    });
    expect(await compared).toEqual({ up: [], down: [], unowned: [] });
    await drop();
  });

  it('leaves room on the pages of conversations', async () => {
    const { handle, drop } = await emptyDatabase();
    await runMigrations(handle, MIGRATIONS);
    const [table] = await rows(handle.db, sql`select reloptions from pg_class where relname = 'conversations'`);
    expect(table).toEqual({ reloptions: ['fillfactor=50'] });
    await drop();
  });
});

describe('several runners', () => {
  it('do it once', async () => {
    const { handle, url, drop } = await emptyDatabase();
    const other = await connectDatabase({ kind: 'postgres', url, poolMax: 2, ssl: false });
    const done = await Promise.all([handle, other, handle, other].map((each) => runMigrations(each, MIGRATIONS)));
    expect(done.filter((numbers) => numbers.length > 0)).toEqual([ALL]);
    const [log] = await rows(handle.db, sql`select count(*) from drizzle.__drizzle_migrations`);
    expect(log).toEqual({ count: ALL.length });
    await other.close();
    await drop();
  });

  it('wait for one that takes longer than any statement may wait for a lock', async () => {
    const { handle, drop } = await emptyDatabase();
    const lock = sql`hashtextextended('chat-service.migrations', 0)`;
    const first = handle.dedicated((db) => db.execute(sql`select pg_advisory_lock(${lock}), pg_sleep(2.5)`));
    const held = sql`select count(*) from pg_locks where locktype = 'advisory' and granted
      and database = (select oid from pg_database where datname = current_database())`;
    while ((await rows(handle.db, held))[0]?.count !== 1);
    expect(await runMigrations(handle, MIGRATIONS)).toEqual(ALL);
    await first;
    await drop();
  });
});

describe('a database of something else', () => {
  let database: Awaited<ReturnType<typeof emptyDatabase>>;

  beforeEach(async () => {
    database = await emptyDatabase();
  });
  afterEach(() => database.drop());

  it.each([
    ['create table users (id uuid primary key, email text)', /users\."id" is uuid, not integer/],
    ['create table users (id serial primary key, email text)', /users has no column "username"/],
    ['create table chats (id serial primary key)', /there is no table users/],
    ['create table conversations (id serial, title text)', /conversations has no column "channelId"/],
  ])('is refused and left as it is: %s', async (statement, reason) => {
    const { handle } = database;
    await handle.db.execute(sql.raw(statement));
    const before = await describeSchema(handle.db);
    const refusal = await runMigrations(handle, MIGRATIONS).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(MigrationError);
    expect(String(refusal)).toMatch(reason);
    expect(await describeSchema(handle.db)).toEqual(before);
    expect(await rows(handle.db, sql`select 1 from pg_namespace where nspname = 'drizzle'`)).toEqual([]);
  });

  it('is refused where another application keeps its migrations in the same place', async () => {
    const { handle } = database;
    await handle.db.execute(sql`create schema drizzle`);
    await handle.db.execute(sql`create table drizzle.__drizzle_migrations (id serial, hash text, created_at bigint)`);
    await handle.db.execute(sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 1)`);
    await expect(runMigrations(handle, MIGRATIONS)).rejects.toThrow(/another application/);
  });

  it('is shared where the names do not meet', async () => {
    const { handle } = database;
    await handle.db.execute(sql`create table orders (id serial primary key)`);
    await handle.db.execute(sql`insert into orders default values`);
    expect(await runMigrations(handle, MIGRATIONS)).toEqual(ALL);
    while (await revertMigration(handle, MIGRATIONS, downScript));
    expect(await rows(handle.db, sql`select id from orders`)).toEqual([{ id: 1 }]);
  });
});

it('changes nothing where a migration fails half-way', async () => {
  const { handle, drop } = await emptyDatabase();
  // A name that the first migration needs, taken by something that is no table.
  await handle.db.execute(
    sql`create function find_logs(integer[], integer[], integer[]) returns text language sql as 'select 1'`,
  );
  const before = await describeSchema(handle.db);
  await expect(runMigrations(handle, MIGRATIONS)).rejects.toThrow();
  expect(await describeSchema(handle.db)).toEqual(before);
  expect(await pendingMigrations(handle, MIGRATIONS)).toEqual(ALL);
  await drop();
});

it('lets writers pass while a later migration waits for a lock', async () => {
  const { handle, url, drop } = await emptyDatabase();
  await runMigrations(handle, MIGRATIONS);
  const folder = mkdtempSync(join(tmpdir(), 'migrations-'));
  cpSync(MIGRATIONS, folder, { recursive: true });
  const later = { idx: ALL.length, version: '7', when: 9e12, tag: 'later', breakpoints: true };
  writeFileSync(join(folder, 'later.sql'), 'alter table users add column later integer');
  const entries = [...journal.entries, later];
  writeFileSync(join(folder, 'meta/_journal.json'), JSON.stringify({ ...journal, entries }));
  const admin = postgres(url, { max: 2, onnotice: () => {}, connection: { statement_timeout: 5000 } });
  const slow = await admin.reserve();
  await slow`begin`;
  await slow`insert into users (username, email, password) values ('slow', 'slow@example.org', 'x')`;

  const said: string[] = [];
  const run = runMigrations(handle, folder, ({ step, waiting }) => said.push(`${step}: ${waiting}`));
  await until('it waits', () => said.some((line) => /^applying migrations: a lock; the oldest/.test(line)));
  await admin`insert into users (username, email, password) values ('quick', 'quick@example.org', 'x')`;
  await slow`commit`;
  expect(await run).toEqual([String(ALL.length).padStart(4, '0')]);

  slow.release();
  await admin.end();
  rmSync(folder, { recursive: true });
  await drop();
});
