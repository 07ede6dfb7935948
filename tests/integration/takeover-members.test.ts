// Memberships that the former service wrote twice: one each after the takeover, while it goes on writing, and beside it.
import { randomBytes } from 'node:crypto';
import { sign } from 'hono/jwt';
import postgres, { type Sql } from 'postgres';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, expect, inject, it, onTestFinished } from 'vitest';
import { connectDatabase } from '../../src/database/connect.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { revertMigration } from '../../src/database/migrate.ts';
import { TakeoverStopped } from '../../src/database/migration-error.ts';
import type { Progress } from '../../src/database/progress.ts';
import { runWithTakeover as runMigrations } from '../../src/legacy/run.ts';
import { connectFormer, formerEntities } from '../support/former-service.ts';
import { migrate } from '../support/migrate-process.ts';
import { downScript, MIGRATIONS } from '../support/migrations.ts';
import { startServiceProcess } from '../support/node-process.ts';
import { createDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const SECRET = randomBytes(32).toString('base64url');
const UNIQUE = 'UQ_channel_members_user_channel';
const entities = formerEntities();

let database: { url: string; drop(): Promise<void> };
let env: { DATABASE_URL: string };
let former: DataSource;
let handle: DatabaseHandle;
let admin: Sql;

beforeEach(async () => {
  database = await createDatabase(inject('postgresUrl'));
  env = { DATABASE_URL: database.url };
  former = await connectFormer(database.url, entities);
  handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 2, ssl: false });
  admin = postgres(database.url, { max: 3, onnotice: () => {} });
  await admin.unsafe(`
    insert into users (username, email, password)
      select 'user' || n, 'user' || n || '@example.org', '-' from generate_series(1, 40) n;
    insert into channels (name, "ownerId") select 'channel ' || n, 1 from generate_series(1, 30) n;
    insert into chats ("senderId", "channelId", text) values (1, 1, 'hello')`);
});
afterEach(async () => {
  await former.destroy();
  await admin.end();
  await handle.close();
  await database.drop();
});

const add = (userId: number, channelId: number, joinedAt: string) =>
  admin`insert into channel_members ("userId", "channelId", "joinedAt") values (${userId}, ${channelId}, ${joinedAt})`;
const members = () =>
  admin`select id, "userId", "channelId", "joinedAt"::text from channel_members order by id`.then((list) => [...list]);
const isUnique = () =>
  admin`select from pg_constraint where conname = ${UNIQUE} and convalidated`.then((list) => list.length === 1);

/** Somebody who is in a channel twice, of whom the later row came first; somebody three times, and others once. */
async function doubled(): Promise<void> {
  await add(1, 1, '2024-01-01 10:00:00');
  await add(2, 1, '2024-01-05 10:00:00');
  await add(3, 1, '2024-01-03 10:00:00');
  await add(2, 1, '2024-01-02 10:00:00');
  await add(2, 2, '2024-01-09 10:00:00');
  for (let time = 0; time < 2; time += 1) await add(2, 2, '2024-01-09 10:00:00');
}
const ONCE = [
  { id: 1, userId: 1, channelId: 1, joinedAt: '2024-01-01 10:00:00' },
  { id: 3, userId: 3, channelId: 1, joinedAt: '2024-01-03 10:00:00' },
  { id: 4, userId: 2, channelId: 1, joinedAt: '2024-01-02 10:00:00' },
  { id: 5, userId: 2, channelId: 2, joinedAt: '2024-01-09 10:00:00' },
];

it('says which rows would go, leaves the earliest of each, and says which went', async () => {
  await doubled();
  const before = await members();
  const dry = await migrate(['run', '--dry-run'], env);
  expect(dry).toMatchObject({ code: 0, errors: '' });
  expect(dry.output).toMatch(/of 2 members in 2 channels: the earliest of each stays, 3 rows .* \(ids 2, 6, 7\)/);
  expect(await members()).toEqual(before);
  const run = await migrate(['run'], env);
  expect(run.code).toBe(0);
  for (const said of [run.output, run.errors]) {
    expect(said).toMatch(/became one: 3 rows of channel_members, in 2 channels, are deleted \(ids 2, 6, 7\)/);
  }
  expect(await members()).toEqual(ONCE);
  expect(await isUnique()).toBe(true);
  // A way back leaves the rule and what keeps the former service from running into it.
  while (await revertMigration(handle, MIGRATIONS, downScript));
  expect(await members()).toEqual(ONCE);
  await former.getRepository(entities.Member).save({ userId: 2, channelId: 1 } as never);
  expect(await members()).toEqual(ONCE);
  expect((await migrate(['run'], env)).output).not.toMatch(/became one/);
});

it('names some of many', async () => {
  await admin`insert into channel_members ("userId", "channelId") select u, c
    from generate_series(1, 40) u, generate_series(1, 30) c, generate_series(1, 3)`;
  const said = /2400 rows of channel_members.* \(ids (\d+, ){19}\d+ and 2380 more\)/;
  expect((await migrate(['run', '--dry-run'], env)).output).toMatch(said);
  expect((await migrate(['run'], env)).output).toMatch(said);
  expect(await members()).toHaveLength(1200);
});

it('refuses doubles that differ in what it does not know, or that others refer to', async () => {
  await admin`alter table channel_members add column role text not null default 'member'`;
  await doubled();
  await admin`update channel_members set role = 'moderator' where id = 2`;
  await admin.unsafe(
    'create table notes (id serial primary key, "memberId" int references channel_members on delete cascade)',
  );
  const before = await members();
  const refused = await migrate(['run', '--dry-run'], env);
  expect(refused.code).toBe(1);
  expect(refused.errors).toMatch(
    /the same \("userId", "channelId"\) 1 times in rows that differ otherwise \(first: ids 2, 4\)/,
  );
  expect(refused.errors).toMatch(/notes refers to rows of channel_members/);
  expect((await migrate(['run'], env)).errors).toBe(refused.errors);
  expect(await members()).toEqual(before);
  await admin`drop table notes`;
  await admin`delete from channel_members where id = 4`;
  expect((await migrate(['run'], env)).code).toBe(0);
  expect(await admin`select id, role from channel_members where "channelId" = 1 and "userId" = 2`).toEqual([
    { id: 2, role: 'moderator' },
  ]);
});

it('lets the former service add a member once more, alone and among others, and does nothing then', async () => {
  await doubled();
  await runMigrations(handle, MIGRATIONS);
  const repository = former.getRepository(entities.Member);
  await repository.save({ userId: 2, channelId: 1 } as never);
  await repository.insert({ userId: 2, channelId: 1 });
  expect(await members()).toEqual(ONCE);
  // In one statement, with one who is twice in the list.
  await repository.insert([2, 7, 7].map((userId) => ({ userId, channelId: 1 })));
  const list = await members();
  expect(list.slice(0, 4)).toEqual(ONCE);
  expect(list.slice(4)).toEqual([expect.objectContaining({ userId: 7, channelId: 1 })]);
});

it('hands a channel to who was there for longest, refuses to add a member again, and forgets who is removed', async () => {
  await doubled();
  await runMigrations(handle, MIGRATIONS);
  const service = await startServiceProcess({ env: { ...env, JWT_SECRET: SECRET } });
  onTestFinished(() => void service.stop('SIGKILL'));
  const call = async (as: number, method: string, path: string, body?: object) => {
    const exp = Math.floor(Date.now() / 1000) + 3600;
    const user = { id: as, email: `user${as}@example.org`, username: `user${as}` };
    const headers = {
      authorization: `Bearer ${await sign({ ...user, exp }, SECRET, 'HS256')}`,
      ...(body && { 'content-type': 'application/json' }),
    };
    const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(`${service.url}/api/v1${path}`, init);
    const answer = (await response.json()) as {
      code?: string;
      data?: { ownerId?: number; members?: { id: number }[] };
    };
    return { status: response.status, ...answer };
  };
  expect(await call(1, 'POST', '/channels/1/users', { userId: 2 })).toMatchObject({
    status: 409,
    code: 'ALREADY_MEMBER',
  });
  const { data } = await call(1, 'GET', '/channels/1');
  expect(data?.members?.map(({ id }) => id)).toEqual([1, 2, 3]);
  await call(1, 'POST', '/channels/1/leave');
  expect((await call(2, 'GET', '/channels/1')).data?.ownerId).toBe(2);
  await call(2, 'DELETE', '/channels/1/users?userId=3');
  expect((await call(3, 'GET', '/channels/1')).status).toBe(404);
  await service.stop();
}, 30_000);

it('merges what two wrote at one instant between the merging and the index', async () => {
  await doubled();
  await runTo(/making UQ_channel_members_user_channel hold/);
  const [one, other] = [await admin.reserve(), await admin.reserve()];
  const racing = async (connection: Sql, at: string) => {
    await connection`begin`;
    await connection`insert into channel_members ("userId", "channelId", "joinedAt") values (9, 9, ${at})`;
  };
  await racing(one, '2025-01-02 10:00:00');
  await racing(other, '2025-01-01 10:00:00');
  const said: Progress[] = [];
  const run = runMigrations(handle, MIGRATIONS, (progress) => said.push(progress));
  await until('the index waits for them', () =>
    said.some(({ step, waiting }) => step.includes(UNIQUE) && waiting !== undefined),
  );
  await one`commit`;
  await other`commit`;
  one.release();
  other.release();
  await run;
  expect((await members()).filter(({ userId }) => userId === 9)).toEqual([
    expect.objectContaining({ joinedAt: '2025-01-01 10:00:00' }),
  ]);
  expect(said.flatMap(({ note }) => note ?? []).at(-1)).toMatch(/1 rows of channel_members, in 1 channels/);
  expect(await isUnique()).toBe(true);
}, 30_000);

/** Lets a takeover come as far as this step, and fail when it has merged what was there. */
async function runTo(step: RegExp): Promise<void> {
  const stopping = (progress: Progress) => {
    if (step.test(progress.step) && progress.note !== undefined) throw new Error('stopped');
  };
  const failure = await runMigrations(handle, MIGRATIONS, stopping).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(TakeoverStopped);
}

it('loses nobody while the former service adds, adds again and removes', async () => {
  await admin`insert into channel_members ("userId", "channelId") select u, c
    from generate_series(1, 40) u, generate_series(11, 30) c, generate_series(1, 3)`;
  const repository = former.getRepository(entities.Member);
  const added = new Set<string>();
  const come = new Set<string>();
  let stopped = false;
  let refused = 0;
  /** Two of these add the same ones, now and then at the same instant. */
  const adding = async () => {
    for (let n = 0; !stopped; n += 1) {
      const [userId, channelId] = [1 + (n % 10), 1 + (n % 7)];
      added.add(`${userId} ${channelId}`);
      await repository.insert({ userId, channelId }).catch((error: { code?: string }) => {
        expect(error.code).toBe('23505');
        refused += 1;
      });
    }
  };
  /** The only one who does anything with these. */
  const comingAndGoing = async () => {
    for (let n = 0; !stopped; n += 1) {
      const [userId, channelId] = [21 + (n % 11), 1 + (n % 5)];
      const name = `${userId} ${channelId}`;
      if (n % 3 < 2) await repository.save({ userId, channelId } as never).then(() => come.add(name));
      else await repository.delete({ userId, channelId }).then(() => come.delete(name));
    }
  };
  const writing = Promise.all([adding(), adding(), comingAndGoing()]);
  await until('there are doubles of theirs', () => added.size > 60 && come.size > 10);
  await runMigrations(handle, MIGRATIONS);
  stopped = true;
  await writing;
  const list = (await members()).map(({ userId, channelId }) => `${userId} ${channelId}`);
  expect(new Set(list).size).toBe(list.length);
  const of = (first: number, last: number) =>
    list
      .filter((it) => Number(it.split(' ')[1]) <= 10)
      .filter((it) => {
        const user = Number(it.split(' ')[0]);
        return user >= first && user <= last;
      });
  expect(of(1, 10).sort()).toEqual([...added].sort());
  expect(of(21, 31).sort()).toEqual([...come].sort());
  expect(list).toHaveLength(40 * 20 + added.size + come.size);
  expect(refused).toBeLessThan(100);
}, 60_000);
