// Ten thousand users who are cut off and come back, and watch each other: what presence costs then, in frames, bytes,
// publications and statements.
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Broker } from '../../src/backends/broker/broker.ts';
import { createMemoryBroker } from '../../src/backends/broker/memory.ts';
import type { Principal } from '../../src/chat/accounts/principal.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { type Database, rows } from '../../src/database/database.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { PRESENCE_TOPIC } from '../../src/realtime/cluster/topics.ts';
import { createHubNode, type HubNode, type RecordingTransport } from '../support/hub-node.ts';
import { createDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const USERS = 10_000;
/** How many others each watches, and how many share a channel. */
const WATCHED = 40;
/** Users who stay. Each of them watches 500 of those who go. */
const STAYING = 20;
const OFFLINE_AFTER_MS = 15_000;

let handle: DatabaseHandle;
let drop: () => Promise<void>;
const users = new Map<number, Principal>();
const counted = { statements: 0, publications: 0, publishedBytes: 0 };

beforeAll(async () => {
  const database = await createDatabase(inject('postgresUrl'));
  drop = database.drop;
  handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 8, ssl: false });
  await runMigrations(handle, 'migrations');
  await rows(
    handle.db,
    sql`insert into users (username, email, password)
      select 'user' || i, 'user' || i || '@example.com', 'none' from generate_series(1, ${USERS + STAYING}::int) i`,
  );
  await rows(
    handle.db,
    sql`insert into channels (name, "ownerId") select 'channel', 1 from generate_series(1, ${USERS / WATCHED}::int)`,
  );
  await rows(
    handle.db,
    sql`insert into channel_members ("userId", "channelId") select i, 1 + (i - 1) / ${WATCHED}::int
      from generate_series(1, ${USERS}::int) i`,
  );
  // Each who stays is in those channels where 500 users are, one after the other.
  await rows(
    handle.db,
    sql`insert into channel_members ("userId", "channelId")
      select distinct ${USERS}::int + 1 + i / 500, 1 + i / ${WATCHED}::int from generate_series(0, ${STAYING * 500 - 1}::int) i`,
  );
  for (let id = 1; id <= USERS + STAYING; id += 1) {
    users.set(id, { id, username: `user${id}`, email: '', avatar: null, createdAt: '', isAdmin: false });
  }
});
afterAll(async () => {
  await handle?.close();
  await drop?.();
});

/** The publications that other nodes would hear. */
function countingBroker(): Broker {
  const broker = createMemoryBroker();
  return {
    ...broker,
    publishToOthers(topic, encode) {
      if (topic !== PRESENCE_TOPIC) return;
      counted.publications += 1;
      counted.publishedBytes += encode().length;
    },
  };
}

function countingDatabase(): Database {
  return new Proxy(handle.db, {
    get(target, name) {
      if (name === 'execute') counted.statements += 1;
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const ids = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index);
const changes = (client: RecordingTransport) => client.frames.filter(({ type }) => type === 'presence.changed');
const bytes = (clients: readonly RecordingTransport[]) =>
  clients.flatMap(changes).reduce((sum, frame) => sum + JSON.stringify(frame).length, 0);
const GOING = ids(1, USERS);
const frames = (clients: readonly RecordingTransport[]) => clients.flatMap(changes).length;

async function connect(node: HubNode, userIds: readonly number[]): Promise<RecordingTransport[]> {
  return Promise.all(userIds.map((userId) => node.connect(userId)));
}

/** Each watches those of its channel, or if it is one who stays, 500 users. A thousand clients ask at once. */
async function watch(clients: readonly RecordingTransport[], userIds: readonly number[]): Promise<void> {
  for (let at = 0; at < clients.length; at += 1_000) {
    const some = clients.slice(at, at + 1_000);
    const answers = await Promise.all(
      some.map((client, index) =>
        client.ask('presence.subscribe', { user_ids: watchedBy(userIds[at + index] as number) }),
      ),
    );
    expect(new Set(answers.map(({ type }) => type))).toEqual(new Set(['ack']));
  }
}

function watchedBy(userId: number): number[] {
  const staying = userId - USERS - 1;
  if (staying >= 0) return ids(1 + staying * 500, 500);
  return ids(1 + Math.floor((userId - 1) / WATCHED) * WATCHED, WATCHED);
}

it('a mass reconnect makes no frames, and few publications and statements; who stays away is told in few frames', async () => {
  const node = createHubNode({ nodeId: 'n1', db: countingDatabase(), broker: countingBroker(), users });
  await node.hub.start();
  const going = await connect(node, GOING);
  const staying = await connect(node, ids(USERS + 1, STAYING));
  await watch(going, GOING);
  await watch(staying, ids(USERS + 1, STAYING));
  // What the first coming told those who came earlier has arrived.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  for (const client of [...going, ...staying]) client.frames.length = 0;
  Object.assign(counted, { statements: 0, publications: 0, publishedBytes: 0 });

  const begin = performance.now();
  for (const client of going) client.cut();
  const back = await connect(node, GOING);
  const took = performance.now() - begin;
  await watch(back, GOING);
  const watching = performance.now() - begin;
  expect(took).toBeLessThan(OFFLINE_AFTER_MS);
  // Whoever were to be told of the cut would be told by now.
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, OFFLINE_AFTER_MS + 3_000 - watching)));
  console.info(
    `reconnect of ${USERS} users: connected in ${Math.round(took)} ms, watching in ${Math.round(watching)} ms; frames ${frames([...back, ...staying])}, bytes ${bytes([...back, ...staying])}`,
    counted,
  );
  expect(frames([...back, ...staying])).toBe(0);
  // Ids of 10,000 users, gone and back; the hints of one node are 200 ms apart.
  expect(counted.publications).toBeLessThan(100);
  expect(counted.publishedBytes).toBeLessThan(USERS * 2 * 8);
  // 400,000 pairs to look up, 5,000 at a time, and 10,000 users who left, a thousand at a time; the rest are of connections.
  expect(counted.statements).toBeLessThan(500);

  Object.assign(counted, { statements: 0, publications: 0, publishedBytes: 0 });
  for (const client of back) client.cut();
  const all = () =>
    staying.every((client) => new Set(changes(client).flatMap(({ data }) => data.users as unknown[])).size >= 500);
  await until('everybody who stays is told', all, OFFLINE_AFTER_MS + 10_000);
  console.info(`${USERS} users go for good: frames ${frames(staying)}, bytes ${bytes(staying)}`, counted);
  for (const client of staying) {
    expect(changes(client).length).toBeLessThanOrEqual(4);
    const told = changes(client).flatMap(({ data }) => data.users as Array<Record<string, unknown>>);
    expect(told).toHaveLength(500);
    for (const user of told) expect(user).toMatchObject({ status: 'offline', last_seen_at: expect.any(String) });
  }
  const [row] = await rows<{ count: number }>(handle.db, sql`select count(*)::int as count from last_seen`);
  expect(row?.count).toBe(USERS);
  node.hub.close();
}, 120_000);
