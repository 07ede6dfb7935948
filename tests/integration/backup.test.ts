// Backups as an operator restores them: the embedded database by a copy of its folder, and an older one anywhere.
import { execFile } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { afterEach, expect, inject, it } from 'vitest';
import { rest } from '../conformance/service/kit/rest.ts';
import type { Channel, Message, Session } from '../conformance/service/kit/wire.ts';
import { type ChatLife, liveAChat, readEverything } from '../support/chat-life.ts';
import { type ChatClient, connect, TRANSPORTS } from '../support/contract-clients.ts';
import { type ServiceProcess, startServiceProcess } from '../support/node-process.ts';
import { createDatabase } from '../support/postgres.ts';
import { removeDirectory, temporaryDirectory } from '../support/server-process.ts';

const QUIET = { RATE_LIMIT_MAX_REQUESTS: '0', AUTH_RATE_LIMIT_MAX_REQUESTS: '0', WS_RATE_LIMIT_PER_SECOND: '0' };

type Env = Readonly<Record<string, string>>;

const cleanUp: Array<() => unknown> = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function start(env: Env): Promise<ServiceProcess> {
  const service = await startServiceProcess({ env: { ...QUIET, ...env } });
  cleanUp.push(() => service.stop('SIGKILL'));
  return service;
}

/** The command, as it is built. */
async function restored(env: Env): Promise<string> {
  const command = join(process.cwd(), 'dist/after-restore.js');
  return (await promisify(execFile)(process.execPath, [command], { env: { PATH: process.env.PATH ?? '', ...env } }))
    .stdout;
}

function folder(): string {
  const directory = temporaryDirectory('backup');
  cleanUp.push(() => removeDirectory(directory));
  return directory;
}

async function post<T>(url: string, token: string | undefined, path: string, body: object): Promise<T> {
  return (await rest(url, token).post<T>(path, body)).data;
}

it('a copy of the data directory of a service that is stopped has everything', async () => {
  const [directory, copy] = [folder(), folder()];
  const service = await start({ DATA_DIR: directory });
  const life: ChatLife = await liveAChat(service.url, 20);
  const before = await readEverything(service.url, life);
  await service.stop();
  cpSync(directory, copy, { recursive: true });
  removeDirectory(directory);

  const again = await start({ DATA_DIR: copy });
  expect(await readEverything(again.url, life)).toEqual(before);
  await again.stop();

  // An older copy: what came after it is lost, and no number of it comes back.
  expect(await restored({ DATA_DIR: copy })).toMatch(
    /^Numbers of messages and ids go on 1000000 further ahead \(embedded/,
  );
  const third = await start({ DATA_DIR: copy });
  const message = await post<Message>(third.url, life.ann.token, '/messages', {
    channelId: life.channelId,
    text: 'next',
  });
  expect(Math.min(message.id, message.seq)).toBeGreaterThan(1_000_000);
}, 120_000);

it('an older backup: clients that saw more are told, and after the command read on', async () => {
  const [lost, kept] = [await createDatabase(inject('postgresUrl')), await createDatabase(inject('postgresUrl'))];
  cleanUp.push(kept.drop, lost.drop);
  const env = (url: string) => ({
    JWT_SECRET: 'a secret of the backup tests',
    DATABASE_URL: url,
    MIGRATE_ON_START: 'true',
  });

  const first = await start(env(lost.url));
  const ann = { username: 'ann', email: 'ann@example.com', password: 'correct horse' };
  const { token } = await post<Session>(first.url, undefined, '/auth/register', ann);
  const { id: channelId } = await post<Channel>(first.url, token, '/channels', { type: 'group', name: 'group' });
  const say = (url: string, text: string) => post<Message>(url, token, '/messages', { channelId, text });
  for (let n = 1; n <= 5; n += 1) await say(first.url, `kept ${n}`);
  await first.stop();
  await copyDatabase(lost.url, kept.url);
  const second = await start(env(lost.url));
  const last = [await say(second.url, 'lost 6'), await say(second.url, 'lost 7')].at(-1) as Message;
  const bob = { username: 'bob', email: 'bob@example.com', password: 'correct horse' };
  const { token: orphan } = await post<Session>(second.url, undefined, '/auth/register', bob);
  await second.stop();

  const early = await start(env(kept.url));
  for (const transport of TRANSPORTS) {
    const client = await connect(transport, early.url, { token });
    expect((await client.refused('channel.join', { channel_id: channelId, since: last.seq })).code).toBe(
      'VALIDATION_FAILED',
    );
    expect(await client.call('channel.join', { channel_id: channelId, since: 5 })).toMatchObject({ last_seq: 5 });
    await client.close();
  }
  await early.stop();

  expect(await restored({ DATABASE_URL: kept.url })).toMatch(/further ahead \(PostgreSQL at 127/);
  const late = await start(env(kept.url));
  const readers = await Promise.all(
    TRANSPORTS.map(async (transport, index) =>
      joinSince(await connect(transport, late.url, { token }), channelId, [last.seq, 3][index]),
    ),
  );
  const next = await say(late.url, 'after it');
  expect(next.id).toBeGreaterThan(last.id);
  for (const reader of readers) await reader.next(({ data }) => data.id === next.id);
  const seen = readers.map(({ frames }) =>
    frames.filter(({ type }) => type === 'channel.message').map(({ data }) => data.text),
  );
  expect(seen).toEqual([['after it'], ['kept 4', 'kept 5', 'after it']]);

  // Nobody gets the id of a user who is lost, whose token is still good.
  const { user } = await post<Session>(late.url, undefined, '/auth/register', {
    ...bob,
    username: 'eve',
    email: 'eve@example.com',
  });
  expect(user.id).toBeGreaterThan(1_000_000);
  expect((await rest(late.url, orphan).get('/users/profile')).status).toBe(401);
  for (const reader of readers) await reader.close();
}, 120_000);

async function joinSince(client: ChatClient, channelId: number, since = 0): Promise<ChatClient> {
  await client.call('channel.join', { channel_id: channelId, since });
  return client;
}

/** The state of now, under another name: what a dump and its restore give. */
async function copyDatabase(from: string, to: string): Promise<void> {
  const name = (url: string) => new URL(url).pathname.slice(1);
  const sql = postgres(inject('postgresUrl'), { max: 1, onnotice: () => {} });
  await sql.unsafe(`drop database ${name(to)}`);
  await sql.unsafe(`create database ${name(to)} template ${name(from)}`);
  await sql.end();
}
