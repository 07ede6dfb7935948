// A database of the former service that cannot be taken over as it is, and one whose writers are in the way.
import { readFileSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import postgres, { type Sql } from 'postgres';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { connectDatabase } from '../../src/database/connect.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { MigrationError } from '../../src/database/migration-error.ts';
import type { Progress } from '../../src/database/progress.ts';
import { runWithTakeover as runMigrations } from '../../src/legacy/run.ts';
import { describeSchema } from '../support/catalog.ts';
import { connectFormer, formerEntities } from '../support/former-service.ts';
import { migrate } from '../support/migrate-process.ts';
import { MIGRATIONS } from '../support/migrations.ts';
import { createDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const FORMER = readFileSync('tests/support/former-service.sql', 'utf8');

let database: { url: string; drop(): Promise<void> };
let handle: DatabaseHandle;
let admin: Sql;

beforeEach(async () => {
  database = await createDatabase(inject('postgresUrl'));
  handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 2, ssl: false });
  admin = postgres(database.url, { max: 3, onnotice: () => {} });
  await handle.db.execute(sql.raw(FORMER));
});
afterEach(async () => {
  await admin.end();
  await handle.close();
  await database.drop();
});

const DUPLICATE = `alter table channel_members drop constraint "UQ_35fb4d21e5d7b9a0b6b7cf3b2a1";
  insert into channel_members ("userId", "channelId") values (1, 1)`;
const ORPHAN = `alter table chats drop constraint "chats_channelId_fkey";
  insert into chats ("senderId", "channelId", text) values (1, 99, 'nowhere')`;

it.each([
  [ORPHAN, /chats\."channelId" names no row of channels in 1 rows \(first: id 12\)/],
  ['alter table chats alter column id drop default; drop sequence chats_id_seq', /chats\.id is no primary key/],
])('refuses before it changes anything: %s', async (statement, reason) => {
  await admin.unsafe(statement);
  const schema = await describeSchema(handle.db);
  const refusal = await runMigrations(handle, MIGRATIONS).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(MigrationError);
  expect(String(refusal)).toMatch(/cannot be taken over yet; nothing was changed: /);
  expect(String(refusal)).toMatch(reason);
  expect(await describeSchema(handle.db)).toEqual(schema);
  const dry = await migrate(['run', '--dry-run'], { DATABASE_URL: database.url });
  expect(dry).toEqual({ code: 1, output: '', errors: expect.stringMatching(reason) });
});

it('makes the rules that the former service lacked, once its rows keep them', async () => {
  await admin.unsafe(`${DUPLICATE}; ${ORPHAN}`);
  await admin.unsafe('delete from chats where id = 12');
  await runMigrations(handle, MIGRATIONS);
  expect(await describeSchema(handle.db)).toEqual(
    expect.arrayContaining([
      'constraint channel_members UQ_channel_members_user_channel UNIQUE ("userId", "channelId")',
      'constraint chats chats_channelId_channels_id_fk FOREIGN KEY ("channelId") REFERENCES channels(id) ON DELETE CASCADE',
    ]),
  );
});

it('keeps messages with a channel and a receiver, and with neither, as they are', async () => {
  await admin.unsafe('alter table chats drop constraint "CHK_4e0b1c"');
  await admin.unsafe(
    `insert into chats ("senderId", "channelId", "receiverId", text) values (1, 1, 2, 'both'), (1, null, null, 'none')`,
  );
  const dry = await migrate(['run', '--dry-run'], { DATABASE_URL: database.url });
  expect(dry.output).toMatch(/leave 1 messages without a number: they have neither/);
  expect(dry.output).toMatch(/count 1 messages that have a channel and a receiver as the channel's/);
  await runMigrations(handle, MIGRATIONS);
  const list = await admin`select m.text, m."receiverId", c."channelId" as log, m.seq from chats m
    left join conversations c on c.id = m."conversationId" where m.id > 11 order by m.id`;
  expect([...list]).toEqual([
    { text: 'both', receiverId: 2, log: 1, seq: 4 },
    { text: 'none', receiverId: null, log: null, seq: null },
  ]);
});

it('refuses an account that does not own the tables, or that the server does not know', async () => {
  const role = `guest_${process.pid}`;
  await admin.unsafe(`create role ${role} login; grant select on all tables in schema public to ${role}`);
  const url = new URL(database.url);
  url.username = role;
  const schema = await describeSchema(handle.db);
  const { code, errors } = await migrate(['run'], { DATABASE_URL: url.href });
  expect({ code, errors }).toEqual({
    code: 1,
    errors: expect.stringMatching(
      /^The database cannot be taken over.* does not own channel_members, channels, chats, users.*\n$/,
    ),
  });
  expect(await describeSchema(handle.db)).toEqual(schema);
  await admin.unsafe(`drop owned by ${role}; drop role ${role}`);
  const unknown = await migrate(['run'], { DATABASE_URL: url.href });
  expect(unknown).toEqual({
    code: 1,
    output: '',
    errors: expect.stringMatching(/^Cannot reach the database: .*the server does not let this user in .*\n$/),
  });
});

it('waits for a writer that was there before, numbers by id, and holds no other writer up', async () => {
  const said: Progress[] = [];
  const waits = (step: RegExp) =>
    until(`it waits: ${step}`, () => said.some((it) => step.test(`${it.step} ${it.waiting}`)));
  const slow = await admin.reserve();
  const insert = (connection: Sql) =>
    connection`insert into chats ("senderId", "channelId", text) values (1, 1, 'meanwhile')`;
  await slow`begin`;
  await insert(slow);
  const run = runMigrations(handle, MIGRATIONS, (progress) => said.push(progress));
  await waits(/adding columns to chats a lock; the oldest/);
  // Behind a lock that is waited for, nobody else would come through.
  await admin`set statement_timeout = '5s'`;
  await insert(admin);
  await slow`commit`;
  await run;
  await slow.release();
  const list = await admin`select id, seq from chats where "channelId" = 1 and id > 11 order by id`;
  expect([...list]).toEqual([
    { id: 12, seq: 4 },
    { id: 13, seq: 5 },
  ]);
});

it('numbers a message only when no smaller id can come any more', async () => {
  const said: Progress[] = [];
  // As an earlier run left it that was cut off.
  await admin`alter table chats add column "conversationId" int, add column seq int, add column "updatedSeq" int,
    add column "clientId" varchar(64)`;
  await admin`alter table users alter username type varchar(50), alter password type varchar(255)`;
  const slow = await admin.reserve();
  await slow`begin`;
  await slow`insert into chats ("senderId", "receiverId", text) values (1, 2, 'twelve')`;
  await admin`insert into chats ("senderId", "receiverId", text) values (2, 1, 'thirteen')`;
  const run = runMigrations(handle, MIGRATIONS, (progress) => said.push(progress));
  await until('it waits', () =>
    said.some(({ waiting }) => /open transaction that writes messages/.test(waiting ?? '')),
  );
  await slow`commit`;
  await slow.release();
  await run;
  expect(said[0]?.step).toBe('going on with a takeover that was interrupted');
  const list = await admin`select id, seq from chats where id > 11 order by id`;
  expect([...list]).toEqual([
    { id: 12, seq: 3 },
    { id: 13, seq: 4 },
  ]);
});

it('makes room in columns that hand-written migrations made narrow', async () => {
  const fresh = await createDatabase(inject('postgresUrl'));
  const widths = { username: 20, email: 100, password: 60, avatar: 255, name: 100, url: 255, fileName: 100 };
  const entities = formerEntities(widths);
  const former = await connectFormer(fresh.url, entities);
  const users = former.getRepository(entities.User);
  await users.save({ username: 'ada', email: 'ada@example.org', password: 'x'.repeat(60) });
  const env = { DATABASE_URL: fresh.url };
  expect((await migrate(['run', '--dry-run'], env)).output).toMatch(
    /make room for 50 characters in users.username, which has 20/,
  );
  expect(await migrate(['run'], env)).toMatchObject({ code: 0 });
  await users.save({ username: 'b'.repeat(50), email: `${'b'.repeat(243)}@example.org`, password: 'h'.repeat(255) });
  const stored = await users.findOneByOrFail({ username: 'ada' });
  expect(stored).toMatchObject({ email: 'ada@example.org', password: 'x'.repeat(60) });
  await former.destroy();
  await fresh.drop();
});
