// Connections that end while something is awaited for them: whatever that is, nothing of them stays behind.
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createMemoryBroker } from '../../src/backends/broker/memory.ts';
import type { Principal } from '../../src/chat/accounts/principal.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { rows } from '../../src/database/database.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import type { HubSession } from '../../src/realtime/connections/session.ts';
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
  await rows(
    handle.db,
    sql`insert into chats ("senderId", "channelId", "receiverId", text)
      values (${ADA}::int, ${channelId}::int, null, 'one'), (${ADA}::int, null, ${BOB}::int, 'two')`,
  );
});
afterAll(async () => {
  await handle.close();
  await drop();
});

/** A node whose work stops at one of the things that it waits for, until that is let come or fail. */
function stoppingNode(isHere: (step: Step, visit: number) => boolean) {
  let stop = (_step: Step): void => {};
  let goOn = (): void => {};
  let fail = (_error: Error): void => {};
  const stopped = new Promise<Step>((resolve) => {
    stop = resolve;
  });
  const rest = new Promise<void>((resolve, reject) => {
    goOn = resolve;
    fail = reject;
  });
  let visits = 0;
  let hasStopped = false;
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
    async pause(step) {
      visits += 1;
      if (hasStopped || !isHere(step, visits)) return;
      hasStopped = true;
      stop(step);
      await rest;
    },
  });
  return {
    node,
    visits: () => visits,
    stopped,
    goOn,
    fail: () => fail(Object.assign(new Error('connection refused'), { code: 'ECONNREFUSED' })),
    listened: () => [...topics].filter(([topic, count]) => count > 0 && /^[cu]:/.test(topic)).map(([topic]) => topic),
  };
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
  await transport.until(({ type }) => type === 'direct.message', 15_000, 'or closed');
}

/** What asks the database; the others never reject. */
const MAY_FAIL = new Set<Step>(['account', 'heads of pairs', 'membership', 'log of a pair', 'page of a log']);

/** But for Bob, who stays. */
async function expectNothingLeft({ delivery, hub, presence }: HubNode, listened: () => string[]): Promise<void> {
  await until('only Bob is connected', async () => (await presence.users()).join() === `${BOB}`);
  await until('only what Bob needs is listened to', () =>
    listened().every((topic) => topic === `u:${BOB}` || topic === `c:${channelId}`),
  );
  expect(hub.connections()).toBe(1);
  expect(delivery.tracker.connections()).toBe(1);
  expect(delivery.directFeeds.userIds()).toEqual([BOB]);
  expect([...delivery.directFeeds.owners(ADA)]).toEqual([]);
  expect(delivery.connectionLimits.ofUser(ADA)).toBe(0);
  expect(await presence.members(channelId)).toEqual([]);
  for (const feed of delivery.feeds.all()) {
    expect(feed.readers.size).toBe(0);
    // Only one that runs may stay for a while, for those who come back.
    expect(feed.head).toBeGreaterThanOrEqual(0);
  }
}

/** Cuts the connection at the `visit`-th thing that it waits for. Gives what that was, or undefined for the end. */
async function cutAt(visit: number, then: 'goOn' | 'fail', bobReads: boolean): Promise<Step | undefined> {
  let isLiving = false;
  let before = 0;
  const stopping = stoppingNode((_step, at) => isLiving && at - before === visit);
  const { node, listened } = stopping;
  const bob = open(node);
  await bob.ask('authenticate', { token: String(BOB) });
  if (bobReads) await bob.ask('direct.join', { user_id: ADA });
  await node.idle();
  before = stopping.visits();
  isLiving = true;
  const transport = open(node);
  const lived = live(transport).catch(() => {});
  const step = await Promise.race([stopping.stopped, lived.then(() => undefined)]);
  const readers = readersOf(bob);
  transport.cut();
  if (step && MAY_FAIL.has(step)) stopping[then]();
  else stopping.goOn();
  await node.idle();
  await expectNothingLeft(node, listened);
  // A conversation that is open stays so for Bob for a while; none is opened for who is gone.
  expect(readersOf(bob)).toBe(readers);
  for (const { feed } of (bob.session as HubSession).readers.values()) expect(feed.readers.size).toBe(1);
  node.hub.close();
  return step;
}

function readersOf(transport: RecordingTransport): number {
  return (transport.session as HubSession).readers.size;
}

describe('a connection that ends while it waits', () => {
  it.each([
    ['goOn', true],
    ['goOn', false],
    ['fail', true],
    ['fail', false],
  ] as const)(
    'for anything whatever leaves nothing behind (then: %s, the other one reads the conversation: %s)',
    async (then, bobReads) => {
      const steps = new Set<Step>();
      for (let visit = 1; ; visit += 1) {
        const step = await cutAt(visit, then, bobReads);
        if (!step) break;
        steps.add(step);
      }
      expect([...steps].sort()).toEqual([...STEPS].sort());
    },
  );
});

describe('who was refused', () => {
  it('a channel leaves no feed and no subscription there', async () => {
    const { node, listened } = stoppingNode(() => false);
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

  it('because it is gone is not looked up again and again', async () => {
    let memberships = 0;
    const { node, stopped, goOn } = stoppingNode((step) => step === 'membership' && ++memberships === 2);
    const transport = open(node);
    const lived = live(transport).catch(() => {});
    await stopped;
    const feed = node.delivery.feeds.get(channelId);
    // As far as this node can tell, somebody was taken out later than the database says.
    feed?.begin(1, 0);
    feed?.noteHead(1, 1_000_000);
    expect(feed?.knownVersion()).toBe(1_000_000);
    transport.cut();
    goOn();
    await lived;
    await node.idle();
    const asked = memberships;
    await handle.db.execute(sql`select 1`);
    expect(memberships).toBe(asked);
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
