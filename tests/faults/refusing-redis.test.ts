// Redis answers, and refuses: a replica, full, without a right, with another password, busy. Each is one line in the log when it
// begins and one when it is over, and a reason in /ready; meanwhile messages reach everybody, on every node and once, and who
// is connected is told truly or not at all. Nothing needs a restart of ours.
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LogLine, type ServiceProcess, startServiceProcess } from '../support/node-process.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { type NetworkProxy, startProxy } from '../support/proxy.ts';
import type { RedisServer } from '../support/redis.ts';
import { until } from '../support/until.ts';
import { type Connection, type Frame, openConnection } from './harness/connection.ts';
import { figures } from './harness/figures.ts';
import { pause } from './harness/pause.ts';
import { SECRET } from './harness/people.ts';
import { administrator, REFUSALS, type Refusing, startRefusingRedis } from './harness/refusing-redis.ts';
import { FULL, sized, TIME_LIMIT_MS } from './harness/scale.ts';

/** How long each lasts at least, in ms. */
const LASTS_MS = sized(2_000, 12_000);
/** Nodes that cannot hear each other compare heads each second. */
const ARRIVES_MS = 5_000;
interface Person {
  readonly id: number;
  readonly token: string;
  readonly node: ServiceProcess;
  readonly connection: Connection;
  /** What came of the channel, in its order. */
  readonly seen: { seq: number; text: string }[];
}

let postgres: PostgresServer;
let redis: RedisServer;
/** The way of the nodes to Redis, so that an administrator can lead it elsewhere. */
let way: NetworkProxy;
const target = { host: '127.0.0.1', port: 0 };
/** As an administrator, past the nodes. */
let admin: Redis;
let nodes: ServiceProcess[];
let people: Person[];
let channelId: number;
let made = 0;

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRefusingRedis()]);
  target.port = redis.port;
  way = await startProxy(target);
  admin = administrator(redis);
  const env = {
    DATABASE_URL: postgres.url,
    REDIS_URL: `redis://chat:secret@127.0.0.1:${way.port}`,
    REDIS_PREFIX: 'chat:',
    MIGRATE_ON_START: 'true',
    JWT_SECRET: SECRET,
    RATE_LIMIT_MAX_REQUESTS: '100000',
    AUTH_RATE_LIMIT_MAX_REQUESTS: '0',
  };
  nodes = [await startServiceProcess({ env }), await startServiceProcess({ env })];
  people = await Promise.all([meet('ann', 0), meet('bob', 1)]);
  const [ann, bob] = people as [Person, Person];
  const group = { type: 'group', name: 'all', userIds: [bob.id] };
  channelId = ((await call(ann, 'POST', '/channels', group)).data as { id: number }).id;
  for (const { connection } of people) await connection.call('channel.join', { channel_id: channelId });
});
afterAll(async () => {
  for (const { connection } of people ?? []) connection.cut();
  await Promise.all((nodes ?? []).map((node) => node.stop('SIGKILL')));
  admin?.disconnect();
  await way?.stop();
  await redis?.stop();
  await postgres?.stop();
});

async function meet(name: string, index: number): Promise<Person> {
  const node = nodes[index] as ServiceProcess;
  const body = { username: name, email: `${name}@example.com`, password: 'correct horse' };
  const response = await fetch(`${node.url}/api/v1/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { token, user } = ((await response.json()) as { data: { token: string; user: { id: number } } }).data;
  const seen: Person['seen'] = [];
  const note = ({ type, seq, data }: Frame) => {
    if (type === 'channel.message') seen.push({ seq: seq as number, text: String(data.text) });
  };
  return { id: user.id, token, node, seen, connection: await openConnection('raw', node.url, token, note) };
}

async function call(person: Person, method: string, path: string, body?: object) {
  const response = await fetch(`${person.node.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${person.token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const { data, code } = (await response.json()) as { data?: unknown; code?: string };
  return { status: response.status, data, code, limit: response.headers.get('x-ratelimit-limit') };
}

async function ready({ url }: ServiceProcess): Promise<{ status: number; redis: string }> {
  const response = await fetch(`${url}/ready`);
  const { checks } = (await response.json()) as { checks: { redis: string } };
  return { status: response.status, redis: checks.redis };
}

/** Each says something, by a frame and by REST in turn. Gives the texts. */
async function talk(): Promise<string[]> {
  return Promise.all(
    people.map(async (person) => {
      made += 1;
      const text = `said ${made}`;
      if (made % 3 === 0) {
        const { status, limit } = await call(person, 'POST', '/messages', { channelId, text });
        expect([status, limit]).toEqual([201, '100000']);
      } else {
        await person.connection.call('channel.message', { channel_id: channelId, text });
      }
      return text;
    }),
  );
}

/** Waits until everybody has seen these, and looks that everything came once and in its order. Gives the time it took. */
async function arrive(texts: readonly string[]): Promise<number> {
  const began = performance.now();
  await until(
    'everybody has seen everything',
    () => people.every(({ seen }) => texts.every((text) => seen.some((message) => message.text === text))),
    ARRIVES_MS,
  );
  for (const { seen } of people) expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index + 1));
  return performance.now() - began;
}

/** Who is connected is told truly, or not at all. Gives whether it was told. */
async function presenceIsTrue(): Promise<boolean> {
  const [ann] = people as [Person];
  const ids = people.map(({ id }) => id).sort((a, b) => a - b);
  const users = await call(ann, 'GET', '/ws/users');
  const members = await call(ann, 'GET', `/ws/channels/${channelId}/members`);
  const stats = await call(ann, 'GET', '/ws/stats');
  if (users.status === 200) expect(users.data).toEqual({ users: ids, count: 2 });
  if (members.status === 200) expect(members.data).toEqual({ channelId, members: ids, memberCount: 2 });
  if (stats.status === 200) expect(stats.data).toMatchObject({ connectedUsers: 2, connections: 2, nodes: 2 });
  const answers = [users, members, stats];
  for (const { status, code } of answers) if (status !== 200) expect([status, code]).toEqual([503, 'UNAVAILABLE']);
  return answers.every(({ status }) => status === 200);
}

/** What a node said about Redis, but that it was away, and is back. */
function lines({ log, noise }: ServiceProcess, from: number): LogLine[] {
  expect(noise).toEqual([]);
  return log.slice(from).filter(({ msg, level }) => level !== 'info' || /redis/i.test(msg));
}
const isOutage = ({ msg }: LogLine) => /^Redis is (away|back)$/.test(msg);

/** What the nodes said since they had said so many lines: of the refusal one line of each of the levels. */
function expectLines({ reason, orAway }: Refusing, from: readonly number[], levels: readonly string[]): void {
  for (const [index, node] of nodes.entries()) {
    const said = lines(node, from[index] as number);
    const outages = said.filter(isOutage);
    const refusals = said.filter((line) => !isOutage(line));
    if (!orAway || refusals.length > 0) {
      expect(refusals.map(({ level }) => level)).toEqual(levels);
      expect(refusals[0]?.msg).toMatch(reason);
    }
    // That the server cut links is told of once.
    expect(outages.length).toBeLessThanOrEqual(2);
    if (levels.length > 1) expect(outages.length % 2).toBe(0);
    expect(JSON.stringify(said)).not.toMatch(/secret|said \d/);
  }
}

/** Talks and looks on for as long as it lasts; gives what was seen. */
async function lookOn(refusing: Refusing) {
  let slowest = 0;
  let told = 0;
  const end = performance.now() + LASTS_MS;
  while (performance.now() < end) {
    slowest = Math.max(slowest, await arrive(await talk()));
    if (await presenceIsTrue()) told += 1;
    for (const node of nodes) {
      expect(await ready(node)).toEqual({ status: 503, redis: expect.stringMatching(refusing.reason) });
    }
    await pause(100);
  }
  if (refusing.presence === 'unknown') expect(told).toBe(0);
  return slowest;
}

describe('Redis', () => {
  for (const refusing of REFUSALS.filter(({ full }) => FULL || !full)) {
    it(
      refusing.what,
      async (test) => {
        await arrive(await talk());
        const from = nodes.map(({ log }) => log.length);
        const end = await refusing.begin({ redis, admin });
        let slowest = 0;
        try {
          await until('/ready says so', async () => {
            const states = await Promise.all(nodes.map(ready));
            return states.every((state) => refusing.reason.test(state.redis));
          });
          slowest = refusing.brief ? await arrive(await talk()) : await lookOn(refusing);
          expectLines(refusing, from, ['error']);
        } finally {
          await end();
        }
        await until(
          'all is well again',
          async () => {
            slowest = Math.max(slowest, await arrive(await talk()));
            const states = await Promise.all(nodes.map(ready));
            return states.every(({ status }) => status === 200) && (await presenceIsTrue());
          },
          30_000,
        );
        expectLines(refusing, from, ['error', 'info']);
        figures(test, { 'arrived after ms, at most': Math.round(slowest) });
      },
      TIME_LIMIT_MS,
    );
  }
});
