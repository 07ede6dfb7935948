// What the Redis broker does where Redis answers and refuses to publish or to subscribe, on one server and on a cluster; and where
// it is no primary any more.
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Broker } from '../../src/backends/broker/broker.ts';
import { createRedisBroker } from '../../src/backends/broker/redis.ts';
import { createRedisPresence } from '../../src/backends/presence/redis.ts';
import { createRedisConnection, type RedisConnection } from '../../src/backends/redis/connection.ts';
import { startProxy } from '../support/proxy.ts';
import { createQueue, type Queue } from '../support/queue.ts';
import { type RedisServer, startRedis, startRedisCluster } from '../support/redis.ts';
import { createSilentLogger } from '../support/silent-logger.ts';
import { until } from '../support/until.ts';
import { expectDelivery, listen } from './broker.ts';

interface Node {
  readonly broker: Broker;
  readonly connection: RedisConnection;
  readonly interruptions: Queue<string>;
  readonly logger: ReturnType<typeof createSilentLogger>;
}

const open: Broker[] = [];
afterAll(async () => {
  await Promise.all(open.splice(0).map((broker) => broker.close()));
});

type Servers = ReadonlyArray<{ readonly host: string; readonly port: number }>;

async function startNodes(servers: Servers, user?: { username: string; password: string }): Promise<[Node, Node]> {
  const prefix = `test:${randomUUID()}:`;
  const nodes = [0, 1].map(() => {
    const logger = createSilentLogger();
    const connection = createRedisConnection({ nodes: servers, cluster: servers.length > 1, ...user }, logger);
    const broker = createRedisBroker({ connection, prefix, logger });
    open.push(broker);
    const interruptions = createQueue<string>(String);
    broker.onInterruption(() => interruptions.push('interruption'));
    return { broker, connection, interruptions, logger };
  });
  for (const { broker } of nodes) await until('the link is up', () => broker.connected());
  return nodes as [Node, Node];
}

const said = ({ logger }: Node, level: string) => logger.lines.filter((line) => line.level === level);

describe.each([
  ['one server', 1],
  ['a cluster', 3],
])('Redis broker, refused by %s', (_, size) => {
  let servers: readonly RedisServer[];
  let admins: Redis[];
  let stop: () => Promise<unknown>;

  beforeAll(async () => {
    const cluster = size > 1 ? await startRedisCluster(size) : undefined;
    servers = cluster?.nodes ?? [await startRedis()];
    admins = servers.map(({ host, port }) => new Redis(port, host));
    stop = async () => {
      for (const admin of admins) admin.disconnect();
      await Promise.all(servers.map((server) => server.stop()));
    };
  });
  afterAll(() => stop?.());

  async function allow(username: string, ...changes: string[]): Promise<void> {
    const all = ['reset', 'on', '>secret', '+@all', '~*', '&*', ...changes];
    for (const admin of admins) await admin.call('ACL', 'SETUSER', username, ...all);
  }

  // At the same time, for each waits until it is over for sure; with a user of its own each.
  test.concurrent.each([
    ['to publish', ['-publish', '-spublish']],
    ['to subscribe', ['-subscribe', '-ssubscribe']],
    ['the channels', ['resetchannels', '&other:*']],
  ])('%s: all nodes know, also those that do nothing; an interruption when it is over', async (what, changes) => {
    const username = `chat-${what.replaceAll(' ', '-')}`;
    await allow(username);
    const [a, b] = await startNodes(servers, { username, password: 'secret' });
    const heard = await listen(b.broker, 'before');
    await expectDelivery(a.broker, heard, 'before');
    await allow(username, ...changes);
    await until('both know', () => !a.broker.connected() && !b.broker.connected());
    await a.broker.publish('before', 'lost');
    const late = await listen(b.broker, 'meanwhile');
    for (const { connection } of [a, b]) await until('the reason is known', () => connection.refusal() !== undefined);
    for (const { connection } of [a, b]) expect(connection.refusal()).toBe('permission denied');
    if (size === 1) await expect(a.broker.ping()).rejects.toThrow(/NOPERM|permission|closed/i);
    const before = b.interruptions.items.length;
    await allow(username);
    for (const { broker } of [a, b]) await until('they are heard again', () => broker.connected());
    await until('an interruption', () => b.interruptions.items.length > before);
    await expectDelivery(a.broker, heard, 'before');
    await expectDelivery(a.broker, late, 'meanwhile');
    await a.broker.ping();
    await until(
      'it is said to be over',
      () => a.connection.refusal() === undefined && b.connection.refusal() === undefined,
    );
    for (const node of [a, b]) {
      expect(said(node, 'error')).toHaveLength(1);
      expect(said(node, 'info').filter(({ message }) => message.includes('works again'))).toHaveLength(1);
    }
  });
});

test('nothing waits for a server that loads its data, and all is there when it has', async () => {
  // A little at a time, slowly.
  const redis = await startRedis(['--key-load-delay', '2000', '--loading-process-events-interval-bytes', '1024']);
  const admin = new Redis(redis.port, redis.host);
  admin.on('error', () => {});
  await admin.eval('for i = 1, 3000 do redis.call("SET", "other:" .. i, string.rep("x", 1000)) end', 0);
  await admin.save();
  let loaded = false;
  const restarted = redis.restart().then(() => {
    loaded = true;
  });
  const eager = new Redis(redis.port, redis.host, { enableReadyCheck: false, retryStrategy: () => 20 });
  eager.on('error', () => {});
  await until('it takes connections', async () => /LOADING/.test((await eager.get('other:1').catch(String)) ?? ''));
  for (const client of [admin, eager]) client.disconnect();
  const logger = createSilentLogger();
  const connection = createRedisConnection({ nodes: [redis], cluster: false }, logger);
  const broker = createRedisBroker({ connection, prefix: 'test:', logger });
  // It hears no report of a loss, because nobody publishes anything to it.
  const idle = createRedisBroker({ connection, prefix: 'test:idle:', logger });
  open.push(broker, idle);
  const interruptions = createQueue<string>(String);
  idle.onInterruption(() => interruptions.push('interruption'));
  const presence = createRedisPresence({ connection, prefix: 'test:', logger, nodeId: randomUUID() });
  await until('it is seen loading', () => connection.refusal() === 'loading its data');
  const heard = await listen(broker, 'topic');
  await listen(idle, 'topic');
  await broker.publish('topic', 'lost');
  await presence.heartbeat(1);
  await presence.setConnected(4, true);
  expect(loaded).toBe(false);
  await restarted;
  await until('it is used', () => broker.connected());
  await interruptions.take(() => true, 'an interruption');
  await broker.publish('topic', 'heard');
  await heard.take((payload) => payload === 'heard', 'a publication');
  await presence.heartbeat(1);
  expect(await presence.users()).toEqual([4]);
  await presence.close();
  await Promise.all(open.splice(0).map((opened) => opened.close()));
  await redis.stop();
});

test('a server that becomes a replica is left by all links as soon as the address leads to the primary', async () => {
  const [former, next] = [await startRedis(), await startRedis()];
  const target = { host: former.host, port: former.port };
  const way = await startProxy(target);
  const [a, b] = await startNodes([way]);
  const presences = [a, b].map(({ connection, logger }) =>
    createRedisPresence({ connection, prefix: 'test:', logger, nodeId: randomUUID() }),
  );
  const beat = () => Promise.all(presences.map((presence) => presence.heartbeat(1)));
  await beat();
  const admin = new Redis(former.port, former.host);
  await admin.call('REPLICAOF', next.host, next.port);
  await beat();
  for (const { connection } of [a, b]) expect(connection.refusal()).toBe('read-only');
  target.port = next.port;
  // Links to publish and to subscribe are not refused anything by a replica, and are not closed by it.
  await until('nobody is left on the former one', async () => {
    await beat();
    const there = String(await admin.call('CLIENT', 'LIST')).split('\n');
    return there.every((client) => !client.includes('name=chat-'));
  });
  for (const { broker } of [a, b]) await until('the link is up', () => broker.connected());
  const heard = await listen(b.broker, 'topic');
  await expectDelivery(a.broker, heard, 'topic');
  await Promise.all(presences.map((presence) => presence.close()));
  admin.disconnect();
  await Promise.all(open.splice(0).map((broker) => broker.close()));
  await Promise.all([way.stop(), former.stop(), next.stop()]);
});
