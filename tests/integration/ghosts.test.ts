// Connections that end while something is awaited for them: whatever that is, nothing of them stays behind.
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createMemoryBroker } from '../../src/backends/broker/memory.ts';
import type { Principal } from '../../src/chat/principal.ts';
import { connectDatabase, type DatabaseHandle } from '../../src/database/connect.ts';
import { rows } from '../../src/database/database.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { createHubNode, type HubNode, RecordingTransport, STEPS, type Step } from '../support/hub-node.ts';
import { createDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';

let handle: DatabaseHandle;
let drop: () => Promise<void>;
const users = new Map<number, Principal>();
const ADA = 1;
const BOB = 2;
const STRANGER = 3;
let channelId = 0;

beforeAll(async () => {
  const database = await createDatabase(inject('postgresUrl'));
  drop = database.drop;
  handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 4, ssl: false });
  await runMigrations(handle, 'migrations');
  for (const id of [ADA, BOB, STRANGER]) {
    const username = `user${id}`;
    const email = `${username}@example.com`;
    users.set(id, { id, username, email, avatar: null, createdAt: '', isAdmin: false });
    await rows(handle.db, sql`insert into users (username, email, password) values (${username}, ${email}, 'none')`);
  }
  const [made] = await rows<{ id: number }>(
    handle.db,
    sql`insert into channels (name, "ownerId") values ('room', ${ADA}::int) returning id`,
  );
  channelId = made?.id ?? 0;
  await rows(
    handle.db,
    sql`insert into channel_members ("userId", "channelId") values (${ADA}::int, ${channelId}::int), (${BOB}::int, ${channelId}::int)`,
  );
});
afterAll(async () => {
  await handle.close();
  await drop();
});

/** A node whose work stops at the `visit`-th time that something waits for `step`, until it is let go on. */
function stoppingNode(step: Step | undefined, visit: number) {
  let reached = (): void => {};
  let goOn = (): void => {};
  const arrived = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const released = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let visits = 0;
  const topics = new Map<string, number>();
  const inner = createMemoryBroker();
  const broker: typeof inner = {
    ...inner,
    subscribe(topic, listener) {
      const { ready, unsubscribe } = inner.subscribe(topic, listener);
      topics.set(topic, (topics.get(topic) ?? 0) + 1);
      return {
        ready,
        unsubscribe() {
          unsubscribe();
          topics.set(topic, (topics.get(topic) ?? 0) - 1);
        },
      };
    },
  };
  const node = createHubNode({
    nodeId: 'n1',
    db: handle.db,
    broker,
    users,
    async pause(at) {
      if (at !== step) return;
      visits += 1;
      if (visits !== visit) return;
      reached();
      await released;
    },
  });
  const listened = () =>
    [...topics].filter(([topic, count]) => count > 0 && /^[cu]:/.test(topic)).map(([topic]) => topic);
  return { node, arrived, goOn, listened };
}

function open(node: HubNode): RecordingTransport {
  const transport = new RecordingTransport();
  transport.session = node.hub.open(transport, null);
  return transport;
}

/** What a client does first: signs in, joins a channel and a conversation. Ends where the connection does. */
async function live(transport: RecordingTransport): Promise<void> {
  await transport.ask('authenticate', { token: String(ADA) });
  await transport.ask('channel.join', { channel_id: channelId, since: 0 });
  await transport.ask('direct.join', { user_id: BOB, since: 0 });
}

async function expectNothingLeft(node: HubNode, listened: () => string[]): Promise<void> {
  const { delivery, hub, presence } = node;
  await until('nobody is connected', async () => (await presence.users()).length === 0);
  await until('no topic of a user is listened to', () => listened().every((topic) => topic === `c:${channelId}`));
  expect(hub.connections()).toBe(0);
  expect(delivery.tracker.connections()).toBe(0);
  expect(delivery.inboxes.userIds()).toEqual([]);
  expect([...delivery.inboxes.owners(ADA)]).toEqual([]);
  expect(await presence.members(channelId)).toEqual([]);
  for (const feed of delivery.feeds.all()) {
    expect(feed.readers.size).toBe(0);
    // Only one that runs may stay for a while, for those who come back.
    expect(feed.head).toBeGreaterThanOrEqual(0);
  }
}

describe('a connection that ends while it waits', () => {
  it.each(STEPS.flatMap((step) => [1, 2].map((visit) => [step, visit] as const)))(
    'for %s, time %d, leaves nothing behind',
    async (step, visit) => {
      const { node, arrived, goOn, listened } = stoppingNode(step, visit);
      const transport = open(node);
      const lived = live(transport).catch(() => {});
      await Promise.race([arrived, lived]);
      transport.cut();
      goOn();
      await node.idle();
      await expectNothingLeft(node, listened);
      node.hub.close();
    },
  );
});

describe('who was refused', () => {
  it('a channel leaves no feed and no subscription there', async () => {
    const { node, listened } = stoppingNode(undefined, 0);
    const transport = open(node);
    await transport.ask('authenticate', { token: String(STRANGER) });
    for (const id of [channelId, 4711, 4712]) {
      expect((await transport.ask('channel.join', { channel_id: id, since: 0 })).data).toMatchObject({
        code: 'CHANNEL_NOT_FOUND',
      });
    }
    expect([...node.delivery.feeds.all()]).toEqual([]);
    expect(listened()).toEqual([`u:${STRANGER}`]);
    node.hub.close();
  });

  it('at first waits with what it sent for the sign-in that succeeds', async () => {
    const node = createHubNode({ nodeId: 'n1', db: handle.db, broker: createMemoryBroker(), users, pause: failOnce() });
    const transport = open(node);
    const answers = await Promise.all([
      transport.ask('authenticate', { token: String(ADA) }),
      transport.ask('authenticate', { token: String(ADA) }),
      transport.ask('channel.join', { channel_id: channelId }),
    ]);
    expect(answers.map(({ type, data }) => data.code ?? type)).toEqual(['UNAVAILABLE', 'connection.connect', 'ack']);
    node.hub.close();
  });
});

function failOnce(): (step: Step) => Promise<void> {
  let failed = false;
  return async (step) => {
    if (step !== 'account' || failed) return;
    failed = true;
    throw Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' });
  };
}
