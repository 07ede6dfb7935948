// A database that the former service filled: taken over in place, nothing lost, usable by either service before and after.
import { readFileSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { users } from '../../drizzle/schema.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { rows } from '../../src/database/database.ts';
import { toChatError } from '../../src/database/errors.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { revertMigration } from '../../src/database/migrate.ts';
import { MigrationError } from '../../src/database/migration-error.ts';
import { runWithTakeover as runMigrations } from '../../src/legacy/run.ts';
import { describeSchema } from '../support/catalog.ts';
import { downScript, MIGRATIONS } from '../support/migrations.ts';
import { createDatabase } from '../support/postgres.ts';

const FORMER = readFileSync('tests/support/former-service.sql', 'utf8');

let database: { url: string; drop(): Promise<void> };
let handle: DatabaseHandle;

beforeEach(async () => {
  database = await createDatabase(inject('postgresUrl'));
  handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 2, ssl: false });
  await handle.db.execute(sql.raw(FORMER));
});
afterEach(async () => {
  await handle.close();
  await database.drop();
});

const query = (statement: ReturnType<typeof sql>) => rows(handle.db, statement);

/** All that the former service stored. */
async function content(): Promise<unknown[]> {
  return [
    await query(
      sql`select id, username, email, password, avatar, "isOnline", "createdAt", "updatedAt", "deletedAt" from users order by id`,
    ),
    await query(sql`select id, name, "ownerId", type, "createdAt", "updatedAt", "deletedAt" from channels order by id`),
    await query(sql`select * from channel_members order by id`),
    await query(sql`select id, "senderId", "receiverId", "channelId", text, url, "fileName", "createdAt", "updatedAt", "deletedAt"
      from chats order by id`),
  ];
}

const LOGS = sql`select "channelId", "userLow", "userHigh", "lastSeq", "lastEventAt" from conversations
  order by "channelId", "userLow", "userHigh"`;

const NUMBERS = sql`select m.id, coalesce('c' || c."channelId", 'd' || c."userLow" || '.' || c."userHigh") as log, m.seq, m."updatedSeq"
  from chats m left join conversations c on c.id = m."conversationId" order by m.id`;

it('numbers every message of every conversation by id, deleted ones too', async () => {
  await runMigrations(handle, MIGRATIONS);
  expect(await query(NUMBERS)).toEqual([
    { id: 1, log: 'c1', seq: 1, updatedSeq: 1 },
    { id: 2, log: 'c1', seq: 2, updatedSeq: 2 },
    { id: 3, log: 'd1.2', seq: 1, updatedSeq: 1 },
    { id: 5, log: 'd1.2', seq: 2, updatedSeq: 2 },
    { id: 8, log: 'c1', seq: 3, updatedSeq: 3 },
    { id: 9, log: 'd1.1', seq: 1, updatedSeq: 1 },
    { id: 10, log: 'd2.3', seq: 1, updatedSeq: 1 },
    { id: 11, log: 'c2', seq: 1, updatedSeq: 1 },
  ]);
  const channel = (channelId: number, lastSeq: number, lastEventAt: string | null) => ({
    channelId,
    userLow: null,
    userHigh: null,
    lastSeq,
    lastEventAt,
  });
  const pair = (userLow: number, userHigh: number, lastSeq: number, lastEventAt: string) => ({
    channelId: null,
    userLow,
    userHigh,
    lastSeq,
    lastEventAt,
  });
  expect(await query(LOGS)).toEqual([
    channel(1, 3, '2024-03-01 08:00:00.5'),
    channel(2, 1, '2024-01-01 10:10:00'),
    channel(3, 0, null),
    pair(1, 1, 1, '2024-01-01 10:08:00'),
    pair(1, 2, 2, '2024-01-02 10:04:00'),
    pair(2, 3, 1, '2024-02-01 00:00:00'),
  ]);
});

it('keeps what was stored, also over a way back and forth', async () => {
  const stored = await content();
  const before = await describeSchema(handle.db, { names: false });
  await runMigrations(handle, MIGRATIONS);
  expect(await content()).toEqual(stored);
  const numbers = await query(NUMBERS);
  while (await revertMigration(handle, MIGRATIONS, downScript));
  expect(await content()).toEqual(stored);
  const after = await describeSchema(handle.db, { names: false });
  expect(before.filter((line) => !line.startsWith('column') && !after.includes(line))).toEqual([]);
  await runMigrations(handle, MIGRATIONS);
  expect(await query(NUMBERS)).toEqual(numbers);
});

it('adds what a new database has, and no second rule where one under another name says the same', async () => {
  await runMigrations(handle, MIGRATIONS);
  const fresh = await createDatabase(inject('postgresUrl'));
  const other = await connectDatabase({ kind: 'postgres', url: fresh.url, poolMax: 1, ssl: false });
  await runMigrations(other, MIGRATIONS);
  const wanted = await describeSchema(other.db, { names: false });
  const taken = await describeSchema(handle.db, { names: false });
  expect(wanted.filter((line) => !taken.includes(line))).toEqual([
    // As good: no limit where we have one.
    'column channels name character varying(255) not null default',
    'column users avatar character varying(500) default',
  ]);
  expect(taken.filter((line) => !wanted.includes(line))).toEqual([
    'column channels name character varying not null default',
    'column users avatar text default',
    'column users isOnline boolean not null default false',
    'constraint channel_members UNIQUE ("channelId", "userId")',
    'constraint chats CHECK ((("receiverId" IS NULL) <> ("channelId" IS NULL)))',
    'index ON public.chats USING btree ("channelId", id)',
    'index UNIQUE ON public.channel_members USING btree ("channelId", "userId")',
  ]);
  await other.close();
  await fresh.drop();
});

it('lets the former service go on writing, and numbers what it writes', async () => {
  await runMigrations(handle, MIGRATIONS);
  await query(sql`insert into users (username, email, password) values ('dora', 'dora@example.org', '-')`);
  await query(sql`insert into chats ("senderId", "channelId", text) values (1, 1, 'still here')`);
  await query(sql`insert into chats ("senderId", "receiverId", text) values (4, 1, 'hello')`);
  await query(sql`update chats set "deletedAt" = now() where id = 1`);
  expect((await query(NUMBERS)).filter(({ id }) => [1, 12, 13].includes(Number(id)))).toEqual([
    { id: 1, log: 'c1', seq: 1, updatedSeq: 5 },
    { id: 12, log: 'c1', seq: 4, updatedSeq: 4 },
    { id: 13, log: 'd1.4', seq: 1, updatedSeq: 1 },
  ]);
});

it('takes names, addresses and hashes of the full length, and knows whose they are', async () => {
  await runMigrations(handle, MIGRATIONS);
  const add = (username: string, email: string) =>
    handle.db.insert(users).values({ username, email, password: 'h'.repeat(97) });
  await add('n'.repeat(50), 'long@example.org');
  const taken = (promise: Promise<unknown>) => promise.catch((error: unknown) => toChatError(error)?.code);
  expect(await taken(add('other', 'anna@example.org'))).toBe('EMAIL_TAKEN');
  expect(await taken(add('anna', 'other@example.org'))).toBe('USERNAME_TAKEN');
});

it('finds its own work again where the record of migrations is lost', async () => {
  await runMigrations(handle, MIGRATIONS);
  await query(sql`insert into chats ("senderId", "channelId", text) values (1, 1, 'numbered by the trigger')`);
  const [numbers, logs, complete] = [await query(NUMBERS), await query(LOGS), await describeSchema(handle.db)];
  await query(sql`drop schema drizzle cascade`);
  await runMigrations(handle, MIGRATIONS);
  expect(await query(NUMBERS)).toEqual(numbers);
  expect(await query(LOGS)).toEqual(logs);
  expect(await describeSchema(handle.db)).toEqual(complete);
});

it('refuses a relative of the former service that it could not write to', async () => {
  await query(sql`alter table users add column tenant integer not null default 1`);
  await query(sql`alter table users alter column tenant drop default`);
  const refusal = await runMigrations(handle, MIGRATIONS).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(MigrationError);
  expect(String(refusal)).toContain('users."tenant" needs a value');
});
