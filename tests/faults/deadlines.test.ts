// From frame or call to answer it takes at most 10 s, whatever hangs: each thing that can hang does, under every kind of
// question over every transport, those included that have to wait for others of their kind. What was stored all the same is
// stored once, and its sender gets it when asking again.
import { io } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { until } from '../support/until.ts';
import { type Cluster, type ClusterNode, startCluster } from './harness/cluster.ts';
import { type Connection, openConnection, Refused, TRANSPORTS, type TransportName } from './harness/connection.ts';
import { figures } from './harness/figures.ts';
import { pause } from './harness/pause.ts';
import { sized, TIME_LIMIT_MS } from './harness/scale.ts';

const LIMIT_MS = 10_000;
/** How long a client of the test waits, to tell late from never. */
const PATIENCE_MS = 20_000;
/** Those who ask while others of their kind wait already: behind them, with time of their own. */
const WAVES = sized(2, 3);
const WAVE_MS = sized(1_500, 3_000);
const PASSWORD = 'correct horse';

let cluster: Cluster;
let node: ClusterNode;

beforeAll(async () => {
  // Two connections: where one hangs, others wait for the other.
  cluster = await startCluster({ size: 2, env: { DB_POOL_MAX: '2' } });
  node = cluster.nodes[0] as ClusterNode;
});
afterAll(() => cluster.stop());

interface Person {
  readonly id: number;
  readonly token: string;
  readonly email: string;
}

interface Answer {
  readonly what: string;
  readonly ms: number;
  /** A status, a code, or `ok`. */
  readonly said: string;
}

let ann: Person;
let bob: Person;
let channelId: number;
let messageId: number;
let connections: ReadonlyMap<TransportName, Connection>;
/** The `client_id` of every message that was tried, and what it was. */
let tried: Map<string, object>;
let made = 0;

async function call(method: string, path: string, body?: object, token?: string): Promise<Response> {
  const headers = {
    ...(body && { 'content-type': 'application/json' }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return fetch(`${node.url}/api/v1${path}`, { method, headers, signal, ...(body && { body: JSON.stringify(body) }) });
}

async function data<T>(response: Promise<Response>): Promise<T> {
  const { success, data: found, code } = (await (await response).json()) as { success: boolean; data: T; code: string };
  if (!success) throw new Error(code);
  return found;
}

function name(): string {
  made += 1;
  return `person${made}-${process.pid}`;
}

async function register(): Promise<Person> {
  const username = name();
  const email = `${username}@example.com`;
  const answer = call('POST', '/auth/register', { username, email, password: PASSWORD });
  const { user, token } = await data<{ user: { id: number }; token: string }>(answer);
  return { id: user.id, token, email };
}

beforeEach(async () => {
  [ann, bob] = [await register(), await register()];
  const body = { type: 'group', name: 'all of us', userIds: [bob.id] };
  channelId = (await data<{ id: number }>(call('POST', '/channels', body, ann.token))).id;
  messageId = (await data<{ id: number }>(call('POST', '/messages', { channelId, text: 'first' }, ann.token))).id;
  const opened = TRANSPORTS.map(
    async (transport) => [transport, await openConnection(transport, node.url, ann.token, () => {})] as const,
  );
  connections = new Map(await Promise.all(opened));
  tried = new Map();
});
afterEach(() => {
  for (const connection of connections.values()) connection.cut();
});

async function timed(what: string, work: Promise<string>): Promise<Answer> {
  const began = performance.now();
  const said = await work.catch((error: unknown) =>
    error instanceof Refused ? error.code : `failed: ${error instanceof Error ? error.message : error}`,
  );
  return { what, said, ms: performance.now() - began };
}

/** A message of its own, to be tried again later. */
function message(field: 'clientId' | 'client_id'): object {
  const clientId = name();
  const body = { channelId, text: clientId, clientId };
  tried.set(clientId, body);
  return field === 'clientId' ? body : { channel_id: channelId, text: clientId, client_id: clientId };
}

const REST: ReadonlyArray<[string, () => Promise<Response>]> = [
  ['POST message', () => call('POST', '/messages', message('clientId'), ann.token)],
  ['POST direct', () => call('POST', '/messages', { receiverId: bob.id, text: 'psst' }, ann.token)],
  ['PATCH message', () => call('PATCH', `/messages/${messageId}`, { text: 'edited' }, ann.token)],
  ['GET message', () => call('GET', `/messages/${messageId}`, undefined, ann.token)],
  ['GET page', () => call('GET', `/messages/channel/${channelId}`, undefined, ann.token)],
  ['GET channels', () => call('GET', '/channels', undefined, ann.token)],
  ['GET conversations', () => call('GET', '/conversations', undefined, ann.token)],
  ['POST channel', () => call('POST', '/channels', { type: 'group', name: 'x', userIds: [bob.id] }, ann.token)],
  ['POST direct channel', () => call('POST', '/channels', { type: 'direct', userIds: [bob.id] }, ann.token)],
  ['PUT channel', () => call('PUT', `/channels/${channelId}`, { name: 'y' }, ann.token)],
  ['POST member', () => call('POST', `/channels/${channelId}/users`, { userId: bob.id }, ann.token)],
  ['PUT profile', () => call('PUT', '/users/profile', { currentPassword: PASSWORD, avatar: null }, ann.token)],
  ['GET search', () => call('GET', '/users/search?username=person', undefined, ann.token)],
  ['POST login', () => call('POST', '/auth/login', { email: bob.email, password: PASSWORD })],
  ['GET stats', () => call('GET', '/ws/stats', undefined, ann.token)],
  ['GET live members', () => call('GET', `/ws/channels/${channelId}/members`, undefined, ann.token)],
];

const FRAMES: ReadonlyArray<[string, () => object]> = [
  ['channel.message', () => message('client_id')],
  ['direct.message', () => ({ receiver_id: bob.id, text: 'psst' })],
  ['channel.join', () => ({ channel_id: channelId, since: 0 })],
  ['channel.message', () => message('client_id')],
  ['channel.leave', () => ({ channel_id: channelId })],
  ['direct.join', () => ({ user_id: bob.id, since: 0 })],
  ['authenticate', () => ({ token: ann.token })],
  // Behind the sign-in, which holds it back.
  ['channel.message', () => message('client_id')],
  ['ping', () => ({})],
];

/** A raw handshake that carries its token. */
function rawHandshake(): Promise<string> {
  const headers = { authorization: `Bearer ${bob.token}` };
  const socket = new WebSocket(`${node.url.replace('http', 'ws')}/api/v1/ws`, { headers });
  return new Promise<string>((resolve, reject) => {
    setTimeout(reject, PATIENCE_MS, new Error('never')).unref();
    socket.on('error', () => {});
    socket.once('unexpected-response', (_request, response) => resolve(String(response.statusCode)));
    socket.on('message', (text) => {
      const { type } = JSON.parse(String(text)) as { type: string };
      // What concerns the user may come before.
      if (type.startsWith('connection.')) resolve(type);
    });
    socket.once('close', (code) => resolve(`closed ${code}`));
  }).finally(() => socket.terminate());
}

/** A Socket.IO handshake that carries its token. */
function socketIoHandshake(): Promise<string> {
  const socket = io(node.url, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    auth: { token: bob.token },
  });
  return new Promise<string>((resolve, reject) => {
    setTimeout(reject, PATIENCE_MS, new Error('never')).unref();
    socket.once('authenticated', () => resolve('ok'));
    socket.once('error', ({ code }: { code: string }) => resolve(code));
    socket.once('disconnect', () => resolve('closed'));
  }).finally(() => socket.disconnect());
}

/** Every kind of question at once. */
function askAll(): Promise<Answer>[] {
  const frames = [...connections].flatMap(([transport, connection]) =>
    FRAMES.map(([type, make]) =>
      timed(
        `${transport} ${type}`,
        connection.call(type, make(), PATIENCE_MS).then(() => 'ok'),
      ),
    ),
  );
  const calls = REST.map(([what, ask]) =>
    timed(
      what,
      ask().then(({ status }) => String(status)),
    ),
  );
  const handshakes = [timed('raw handshake', rawHandshake()), timed('socketio handshake', socketIoHandshake())];
  return [...frames, ...calls, ...handshakes];
}

/** All questions in waves, while something hangs that `heal` ends. */
async function askInWaves(heal: () => Promise<void>): Promise<Answer[]> {
  const answers: Promise<Answer>[] = [];
  try {
    for (let wave = 0; wave < WAVES; wave += 1) {
      answers.push(...askAll());
      await pause(WAVE_MS);
    }
    return await Promise.all(answers);
  } finally {
    await heal();
  }
}

const IN_ORDER = /^(ok|UNAVAILABLE|2\d\d|409|503|connection\.connect|connection\.closing)$/;

/** What was tried once more is there once, under one number, and so is all that was stored. */
async function nothingTwice(): Promise<number> {
  await until('it works again', async () => (await call('GET', '/channels', undefined, ann.token)).ok, 30_000);
  const again = await Promise.all(
    [...tried.values()].map((body) => data<{ seq: number }>(call('POST', '/messages', body, ann.token))),
  );
  expect(new Set(again.map(({ seq }) => seq)).size).toBe(tried.size);
  const stored = await cluster.sql<{ clientId: string; count: number }[]>`
    select "clientId", count(*)::int as count from chats where "clientId" = any(${[...tried.keys()]}) group by 1`;
  expect(stored.filter(({ count }) => count !== 1)).toEqual([]);
  expect(stored).toHaveLength(tried.size);
  return stored.length;
}

/** Holds a lock until the end is asked for. */
async function locked(statement: string): Promise<() => Promise<void>> {
  const session = await cluster.sql.reserve();
  await session.unsafe('begin');
  await session.unsafe(statement);
  return async () => {
    await session.unsafe('rollback');
    session.release();
  };
}

const HANGS: ReadonlyArray<[string, () => Promise<() => Promise<void>>]> = [
  [
    'PostgreSQL, frozen',
    async () => {
      cluster.postgres.freeze();
      return async () => cluster.postgres.thaw();
    },
  ],
  [
    'the network to PostgreSQL, which swallows everything',
    async () => {
      node.toPostgres.freeze();
      return async () => node.toPostgres.thaw();
    },
  ],
  ['a log, locked', () => locked(`select 1 from conversations where "channelId" = ${channelId} for update`)],
  ['users, locked', () => locked('lock table users in access exclusive mode')],
  ['channel_members, locked', () => locked('lock table channel_members in access exclusive mode')],
  ['chats, locked', () => locked('lock table chats in access exclusive mode')],
  [
    'Redis, frozen',
    async () => {
      cluster.redis.freeze();
      return async () => cluster.redis.thaw();
    },
  ],
  [
    'Redis and PostgreSQL, frozen',
    async () => {
      cluster.redis.freeze();
      cluster.postgres.freeze();
      return async () => {
        cluster.postgres.thaw();
        cluster.redis.thaw();
      };
    },
  ],
  [
    'the line for hashing passwords, full',
    async () => {
      const logins = Array.from({ length: 300 }, () =>
        timed(
          'login in a rush',
          call('POST', '/auth/login', { email: ann.email, password: PASSWORD }).then(({ status }) => String(status)),
        ),
      );
      return async () => {
        for (const { ms, said } of await Promise.all(logins)) {
          expect(ms).toBeLessThan(LIMIT_MS);
          expect(said).toMatch(/^(200|503)$/);
        }
      };
    },
  ],
];

describe('every answer comes within 10 s while this hangs', () => {
  for (const [what, hang] of HANGS) {
    it(
      what,
      async (test) => {
        const answers = await askInWaves(await hang());
        const late = answers.filter(({ ms }) => ms >= LIMIT_MS);
        expect(late.map((answer) => `${answer.what} after ${Math.round(answer.ms)} ms: ${answer.said}`)).toEqual([]);
        const odd = answers.filter(({ said }) => !IN_ORDER.test(said));
        expect(odd.map((answer) => `${answer.what}: ${answer.said}`)).toEqual([]);
        const stored = await nothingTwice();
        figures(test, {
          answers: answers.length,
          'of them UNAVAILABLE': answers.filter(({ said }) => /UNAVAILABLE|503|closing/.test(said)).length,
          'slowest, ms': Math.round(Math.max(...answers.map(({ ms }) => ms))),
          'messages stored, each once': stored,
        });
      },
      TIME_LIMIT_MS,
    );
  }
});
