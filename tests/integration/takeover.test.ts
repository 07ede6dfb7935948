// A large database that the former service filled and goes on writing to: taken over while the command is killed again and
// again, and served by the present service afterwards, beside the former one.
import { randomBytes } from 'node:crypto';
import { hash } from '@node-rs/bcrypt';
import { sign } from 'hono/jwt';
import postgres, { type Sql } from 'postgres';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from 'vitest';
import { connectDatabase } from '../../src/database/connect.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runWithTakeover as runMigrations } from '../../src/legacy/run.ts';
import { describeSchema } from '../support/catalog.ts';
import { connect } from '../support/contract-clients.ts';
import {
  connectFormer,
  type FormerChat,
  type FormerMessage,
  type FormerWriter,
  fillFormer,
  formerEntities,
  OLDEST_TOUCHED,
  startFormerWriter,
} from '../support/former-service.ts';
import { migrate, startMigrate } from '../support/migrate-process.ts';
import { MIGRATIONS } from '../support/migrations.ts';
import { spawnServiceProcess, startServiceProcess } from '../support/node-process.ts';
import { createDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const CHATS = 100_000;
const SECRET = randomBytes(32).toString('base64url');
const entities = formerEntities();

let database: { url: string; drop(): Promise<void> };
let env: { DATABASE_URL: string };
let former: DataSource;
let writer: FormerWriter;
let handle: DatabaseHandle;
let admin: Sql;
/** Of what was there before the takeover. */
let last: number;
let before: unknown;

beforeAll(async () => {
  database = await createDatabase(inject('postgresUrl'));
  env = { DATABASE_URL: database.url };
  former = await connectFormer(database.url, entities);
  await fillFormer(former, { users: 3000, channels: 2000, chats: CHATS });
  await former.getRepository(entities.User).update(1, { password: await hash('an old password', { cost: 4 }) });
  handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 2, ssl: false });
  admin = postgres(database.url, { max: 2, onnotice: () => {} });
  [last] = (await admin`select max(id) from chats`).map(({ max }) => Number(max)) as [number];
  before = await content();
  writer = startFormerWriter(former, entities);
}, 120_000);

afterAll(async () => {
  await writer.stop();
  await former.destroy();
  await admin.end();
  await handle.close();
  await database.drop();
}, 60_000);

/** All that was stored before, as one text for each table; of messages that the writer deletes, not when they changed. */
async function content(): Promise<unknown> {
  const [all] = await admin`select
    (select md5(string_agg(concat_ws('|', id, username, email, avatar, "createdAt", "deletedAt"), ',' order by id)) from users) as users,
    (select md5(string_agg(concat_ws('|', id, name, "ownerId", type, "createdAt", "updatedAt", "deletedAt"), ',' order by id)) from channels) as channels,
    (select md5(string_agg(concat_ws('|', id, "userId", "channelId", "joinedAt"), ',' order by id)) from channel_members) as members,
    (select md5(string_agg(concat_ws('|', id, "senderId", '>' || "receiverId", "channelId", text, url, "fileName", "createdAt"), ',' order by id))
      from chats where id <= ${last}) as messages,
    (select md5(string_agg(concat_ws('|', id, "updatedAt", "deletedAt"), ',' order by id))
      from chats where id > ${OLDEST_TOUCHED} and id <= ${last}) as changes`;
  return { ...all };
}

async function count(statement: string): Promise<number> {
  const [row] = await admin.unsafe(statement);
  return Number(row?.count);
}

/** Whether the message at this share of all ids has its number: they get them in the order of ids. */
const isNumbered = (share: number) =>
  admin`select seq from chats where id >= ${Math.round(share * last)} order by id limit 1`.then(
    ([row]) => row?.seq != null,
  );

it('says what it would do, and does nothing', async () => {
  const schema = await describeSchema(handle.db);
  const { code, output, errors } = await migrate(['run', '--dry-run'], env);
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  const messages = Number(/number (\d+) messages, \d+ deleted ones among them/.exec(output)?.[1]);
  expect(messages).toBeGreaterThanOrEqual(CHATS);
  expect(output).toMatch(/nothing was changed/);
  expect(output).toMatch(/add the columns conversationId, seq, updatedSeq, clientId to chats/);
  expect(output).toMatch(/build the index UQ_chats_conversation_seq on chats beside writers/);
  expect(output).toMatch(/let UQ_channel_members_user_channel hold on channel_members/);
  expect(output).toMatch(/apply 0000, 0001/);
  expect(await describeSchema(handle.db)).toEqual(schema);
  expect(await content()).toEqual(before);
});

it('is killed at each stage, goes on each time, and loses nothing', async () => {
  for (const share of [0.1, 0.4]) {
    const run = startMigrate(['run'], env);
    await run.line(/^numbering messages/);
    await until(`${share} of the messages have numbers`, () => isNumbered(share), 150_000);
    await run.kill();
    await writer.wrote(5);
  }
  // Refused as long as it is not finished.
  const node = spawnServiceProcess({ env: { ...env, JWT_SECRET: SECRET } });
  expect((await node.exited).code).toBe(1);
  expect([...node.log.map(({ msg }) => msg), ...node.noise].join()).toMatch(/lacks migrations \(0000, 0001/);
  await node.stop();

  // No room for the sort of an index: it says so, and leaves the rest of a build behind.
  await limitSpace("'1MB'", "'100kB'");
  const full = await migrate(['run'], env);
  expect(full).toMatchObject({ code: 1, output: '' });
  expect(full.errors).toMatch(
    /The takeover stopped \(building the index UQ_chats\w+\): temporary file size exceeds.*\n$/,
  );
  expect(await count('select count(*) from pg_index where not indisvalid')).toBe(1);
  await limitSpace('default', 'default');

  for (const stage of [
    /index UQ_chats_conversation_seq/,
    /index UQ_chats_sender_client/,
    /UQ_channel_members_user_channel hold/,
    /without a number/,
  ]) {
    const run = startMigrate(['run'], env);
    await run.line(stage);
    await run.kill();
    await writer.wrote(5);
  }
  // Two at once: one waits for the other.
  const [one, other] = await Promise.all([migrate(['run'], env), migrate(['run'], env)]);
  expect([one.code, other.code]).toEqual([0, 0]);
  expect([one.output, other.output].join('')).toMatch(/applied 0000, 0001/);
  expect([one.output, other.output].join('')).toMatch(/nothing to do/);
  expect([one.errors, other.errors].join('')).toMatch(/going on with a takeover that was interrupted/);
  await writer.wrote(50);

  expect(await content()).toEqual(before);
  await writer.stop();
  expect(await count(`select count(*) from chats where id > ${last}`)).toBe(writer.inserted.length);
  expect(await count('select count(*) from chats')).toBe(CHATS + writer.inserted.length);
  await expectNumbers();
}, 400_000);

async function limitSpace(memory: string, files: string): Promise<void> {
  const name = new URL(database.url).pathname.slice(1);
  await admin.unsafe(`alter database ${name} set maintenance_work_mem = ${memory}`);
  await admin.unsafe(`alter database ${name} set temp_file_limit = ${files}`);
}

async function expectNumbers(): Promise<void> {
  // 1, 2, 3 … by id, without gaps, in every conversation; deleted ones too.
  expect(
    await count(`select count(*) from (
      select id, seq, row_number() over (partition by "conversationId" order by id) as wanted from chats where id <= ${last}
    ) as old where seq is distinct from wanted`),
  ).toBe(0);
  // What came meanwhile follows, and the counter says the last one. Deletions of old messages took numbers, too.
  expect(
    await count(`select count(*) from (
      select from conversations c left join chats m on m."conversationId" = c.id group by c.id
      having c."lastSeq" <> coalesce(greatest(max(m.seq), max(m."updatedSeq")), 0)
        or count(distinct m.seq) <> count(m.id)
        or max(m.seq) <> count(m.id) and min(m.id) > ${OLDEST_TOUCHED}
    ) as odd`),
  ).toBe(0);
  // Each message is where it belongs.
  expect(
    await count(`select count(*) from chats m left join conversations c on c.id = m."conversationId"
      where c.id is null or c."channelId" is distinct from m."channelId"
        or m."channelId" is null and (c."userLow", c."userHigh") is distinct from
          (least(m."senderId", m."receiverId"), greatest(m."senderId", m."receiverId"))`),
  ).toBe(0);
  expect(
    await count(
      'select count(*) from channels c where not exists (select from conversations l where l."channelId" = c.id)',
    ),
  ).toBe(0);
}

it('leaves the schema that a new database has, with nothing unfinished', async () => {
  const fresh = await createDatabase(inject('postgresUrl'));
  const other = await connectDatabase({ kind: 'postgres', url: fresh.url, poolMax: 1, ssl: false });
  await runMigrations(other, MIGRATIONS);
  const wanted = await describeSchema(other.db, { names: false });
  const taken = await describeSchema(handle.db, { names: false });
  const without = (line: string) => !/^column|FOREIGN KEY/.test(line);
  expect(wanted.filter((line) => without(line) && !taken.includes(line))).toEqual([]);
  expect(await count('select count(*) from pg_index where not indisvalid')).toBe(0);
  expect(await count('select count(*) from pg_constraint where not convalidated')).toBe(0);
  await other.close();
  await fresh.drop();
});

it('serves old passwords and tokens, and what the former service goes on writing', async () => {
  const service = await startServiceProcess({ env: { ...env, JWT_SECRET: SECRET } });
  onTestFinished(() => void service.stop('SIGKILL'));
  const call = async (path: string, init: RequestInit = {}) => {
    const headers = { 'content-type': 'application/json', ...init.headers };
    const response = await fetch(`${service.url}/api/v1${path}`, { ...init, headers });
    return { status: response.status, body: (await response.json()) as { data: { user: { id: number } } } };
  };
  const login = () =>
    call('/auth/login', {
      method: 'POST',
      body: JSON.stringify({ email: 'User1@example.org', password: 'an old password' }),
    });
  expect(await login()).toMatchObject({ status: 200, body: { data: { user: { id: 1 } } } });
  const stored = await former.getRepository(entities.User).findOneByOrFail({ id: 1 });
  expect(stored.password).toMatch(/^\$argon2id\$/);
  expect((await login()).status).toBe(200);

  const exp = Math.floor(Date.now() / 1000) + 3600;
  const token = await sign({ id: 1, email: 'User1@example.org', username: 'user1', exp }, SECRET, 'HS256');
  expect((await call('/users/profile', { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);

  // A channel that the former service makes now, and one of before.
  const [made] = await former.query(
    `insert into channels (name, "ownerId", type) values ('made later', 1, 'group') returning id`,
  );
  const channels: readonly number[] = [made.id, 2];
  await former.query(`insert into channel_members ("userId", "channelId") values (1, $1), (1, $2)`, [...channels]);
  const client = await connect('raw', service.url, { token });
  const messages = former.getRepository(entities.Chat);
  const written: { channel: number; head: number; id: number; old: number }[] = [];
  for (const channel of channels) {
    const old = await messageOfFormer('to be deleted', channel);
    const { last_seq: head = 0 } = await client.call('channel.join', { channel_id: channel });
    // With a receiver besides, which nothing kept it from: it is the channel's.
    const id = await messageOfFormer('from the former service', channel, 2);
    await messages.softDelete(old);
    expect(head).toBeGreaterThan(channel === made.id ? 0 : 10);
    written.push({ channel, head, id, old });
  }
  for (const { channel, head, id, old } of written) {
    const stored = await client.next(({ type, data }) => type === 'channel.message' && data.id === id);
    expect(stored.data).toMatchObject({ id, channel_id: channel, seq: head + 1, text: 'from the former service' });
    expect(stored.data).not.toHaveProperty('receiver_id');
    for (const path of [`/messages/${id}`, `/messages/channel/${channel}?limit=1`]) {
      const { body } = await call(path, { headers: { authorization: `Bearer ${token}` } });
      expect([body.data].flat()).toEqual([expect.objectContaining({ id, channelId: channel, receiverId: null })]);
    }
    const gone = await client.next(({ type, data }) => type === 'message.deleted' && data.id === old);
    expect(gone.data).toMatchObject({ channel_id: channel, updated_seq: head + 2 });
    await client.call('channel.message', { channel_id: channel, text: 'from this one' });
    expect(await messages.findOneByOrFail({ channelId: channel, text: 'from this one' })).toMatchObject({
      senderId: 1,
    });
  }
  await client.close();
  await service.stop();
}, 60_000);

it('goes back, lets the former service write on, and comes again', async () => {
  expect((await migrate(['revert'], env)).output).toMatch(/took back/);
  await messageOfFormer('after one step back');
  while (/took back/.test((await migrate(['revert'], env)).output));
  expect(await content()).toMatchObject({ messages: (before as { messages: string }).messages });
  await messageOfFormer('after all steps back');
  const all = await count('select count(*) from chats');
  expect((await migrate(['run'], env)).code).toBe(0);
  expect(await count('select count(*) from chats where seq is not null')).toBe(all);
  await expectNumbers();
}, 60_000);

async function messageOfFormer(text: string, channelId = 1, receiverId: number | null = null): Promise<number> {
  const draft: Partial<FormerChat> = { senderId: 1, channelId, receiverId, text };
  const saved = await former.getRepository(entities.Chat).save(draft as FormerMessage);
  return saved.id;
}
