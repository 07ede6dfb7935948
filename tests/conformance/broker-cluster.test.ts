// The broker on a Redis Cluster: who hears what, and what it does when masters die, freeze, fail over and give slots away.
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Broker } from '../../src/backends/broker/broker.ts';
import { createRedisBroker } from '../../src/backends/broker/redis.ts';
import { createShards } from '../../src/backends/broker/redis-cluster/shards.ts';
import { createRedisConnection, type RedisAddress, type RedisConnection } from '../../src/backends/redis/connection.ts';
import { startProxy } from '../support/proxy.ts';
import { createQueue, type Queue } from '../support/queue.ts';
import { moveSlot, type RedisCluster, type RedisServer, startRedisCluster, startReplica } from '../support/redis.ts';
import { createSilentLogger } from '../support/silent-logger.ts';
import { until } from '../support/until.ts';
import { expectDelivery, expectOwnDelivery, keepsToItself, listen } from './broker.ts';

interface Node {
  readonly broker: Broker;
  readonly interruptions: Queue<string>;
  readonly logger: ReturnType<typeof createSilentLogger>;
}

const shards = createShards();
const slotOfTopic = (topic: string): number => shards.slot(shards.of(`t:${topic}`));
const open: Broker[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((broker) => broker.close()));
});

/** Brokers that hear each other, and nobody else but those of the same prefix. */
async function startNodes(cluster: RedisCluster, count: number, prefix = `${randomUUID()}:`): Promise<Node[]> {
  const nodes = Array.from({ length: count }, () => startNode(connectTo(cluster), prefix));
  await connected(nodes);
  return nodes;
}

const connectTo = ({ nodes }: RedisCluster) => createRedisConnection({ nodes, cluster: true });

function startNode(connection: RedisConnection, prefix: string): Node {
  const logger = createSilentLogger();
  const broker = createRedisBroker({ connection, prefix, logger });
  open.push(broker);
  const interruptions = createQueue<string>(String);
  broker.onInterruption(() => interruptions.push('interruption'));
  return { broker, interruptions, logger };
}

/** The same connection, but its links to `server` go by another address. */
function detour(connection: RedisConnection, server: RedisServer, way: RedisAddress): RedisConnection {
  const led = (address: RedisAddress) => (address.port === server.port ? way : address);
  return {
    ...connection,
    single: (options, addresses = () => connection.nodes) => connection.single(options, () => addresses().map(led)),
  };
}

async function connected(nodes: readonly Node[]): Promise<void> {
  for (const { broker } of nodes) await until('all links are up', () => broker.connected());
}

/** A topic that the master with this index has at first. */
function topicAt(cluster: RedisCluster, index: number): string {
  for (;;) {
    const topic = randomUUID();
    if (Math.floor((slotOfTopic(topic) * cluster.nodes.length) / 16_384) === index) return topic;
  }
}

async function ask<T>(server: RedisServer, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(server.port, server.host);
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

describe('broker on a Redis Cluster', () => {
  let cluster: RedisCluster;
  const master = (index: number) => cluster.nodes[index] as RedisServer;
  beforeAll(async () => {
    cluster = await startRedisCluster();
  });
  afterAll(() => cluster.stop());

  test('computes slots as Redis does', async () => {
    for (const topic of ['c:1', 'naïve 🙂', 'node:a{b}c']) {
      const shard = shards.of(`t:${topic}`);
      const channel = `chat:0:{${shards.tag(shard)}}:t:${topic}`;
      expect(await ask(master(0), (redis) => redis.cluster('KEYSLOT', channel))).toBe(shards.slot(shard));
    }
  });

  test('a publication goes to its master and its readers alone: no other node, no other master', async () => {
    const [from, reader] = (await startNodes(cluster, 4)) as [Node, Node];
    const topic = topicAt(cluster, 1);
    const heard = await listen(reader.broker, topic);
    const out = () =>
      Promise.all(
        cluster.nodes.map((server) =>
          ask(server, async (redis) => Number(/total_net_output_bytes:(\d+)/.exec(await redis.info('stats'))?.[1])),
        ),
      );
    const before = await out();
    const payloads = Array.from({ length: 1_000 }, (_, index) => `${index}:`.padEnd(1_000, 'x'));
    await Promise.all(payloads.map((payload) => from.broker.publish(topic, payload)));
    await heard.take((payload) => payload === payloads.at(-1), 'the last publication');
    const [first, second, third] = (await out()).map((bytes, index) => bytes - (before[index] ?? 0)) as number[];
    // One reader among four nodes: the payloads left once. The rest are answers and the pings of the links.
    expect(second).toBeGreaterThan(1_000_000);
    expect(second).toBeLessThan(1_600_000);
    expect(first).toBeLessThan(200_000);
    expect(third).toBeLessThan(200_000);
    for (const server of cluster.nodes) {
      const info = String(await ask(server, (redis) => redis.cluster('INFO')));
      expect(info).not.toMatch(/stats_messages_publish(shard)?_sent/);
    }
  });

  test.each([
    ['dies', (server: RedisServer) => server.kill(), (server: RedisServer) => server.restart()],
    ['freezes', async (server: RedisServer) => server.freeze(), async (server: RedisServer) => server.thaw()],
  ])(
    'a master %s: the topics of the others go on, its own are reported as lost when it is back',
    async (_, end, back) => {
      const [a, b] = (await startNodes(cluster, 2)) as [Node, Node];
      const [dead, alive] = [topicAt(cluster, 0), topicAt(cluster, 2)];
      const [lost, kept] = [await listen(b.broker, dead), await listen(b.broker, alive)];
      await expectDelivery(a.broker, lost, dead);
      await end(master(0));
      await until('both notice', () => !a.broker.connected(dead) && !b.broker.connected(dead));
      await a.broker.publish(dead, 'lost');
      expect(a.broker.connected()).toBe(false);
      expect(a.broker.connected(alive)).toBe(true);
      await expect(a.broker.ping()).resolves.toBeUndefined();
      for (let round = 0; round < 3; round += 1) await expectDelivery(a.broker, kept, alive);
      expect(b.interruptions.items).toEqual([]);
      await back(master(0));
      await b.interruptions.take(() => true, 'an interruption');
      await connected([a, b]);
      await expectDelivery(a.broker, lost, dead);
      expect(lost.items).not.toContain('lost');
    },
  );

  test('slots that move to another master take their topics with them, and what fell between is reported', async () => {
    const [a, b] = (await startNodes(cluster, 2)) as [Node, Node];
    const [moving, staying] = [topicAt(cluster, 1), topicAt(cluster, 1)];
    const [moved, stayed] = [await listen(b.broker, moving), await listen(b.broker, staying)];
    await expectDelivery(a.broker, moved, moving);
    await moveSlot(cluster, slotOfTopic(moving), master(1), master(2));
    await b.interruptions.take(() => true, 'an interruption');
    await connected([a, b]);
    await until('it is delivered at its new place', async () => {
      await a.broker.publish(moving, 'moved');
      return moved.items.includes('moved');
    });
    await expectDelivery(a.broker, stayed, staying);
    const channels = await ask(master(2), (redis) => redis.call('PUBSUB', 'SHARDCHANNELS', `*t:${moving}`));
    expect(channels).toHaveLength(1);
    for (const { logger } of [a, b]) expect(logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
    await moveSlot(cluster, slotOfTopic(moving), master(2), master(1));
    await connected([a, b]);
  });

  test('a node that is alone keeps its publications to itself, and the one that comes hears of a loss', async () => {
    const topic = topicAt(cluster, 0);
    const prefix = `${randomUUID()}:`;
    const [first] = (await startNodes(cluster, 1, prefix)) as [Node];
    const own = await listen(first.broker, topic);
    const published = () =>
      ask(master(0), async (redis) =>
        Number(/cmdstat_spublish:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1]),
      );
    await until('it knows that it is alone', async () => {
      const before = await published();
      await expectOwnDelivery(first.broker, own, topic);
      return (await published()) === before;
    });
    const [second] = (await startNodes(cluster, 1, prefix)) as [Node];
    await second.interruptions.take(() => true, 'an interruption');
    const heard = await listen(second.broker, topic);
    await expectDelivery(first.broker, heard, topic);
  });

  test.each([0, 1, 2])(
    'one that comes is noticed, and hears of a loss, though it does not reach master %i yet',
    async (index) => {
      const prefix = `${randomUUID()}:`;
      const [first] = (await startNodes(cluster, 1, prefix)) as [Node];
      await until('it knows that it is alone', () => keepsToItself(first.broker));
      const way = await startProxy(master(index));
      onTestFinished(() => way.stop());
      way.freeze();
      const second = startNode(detour(connectTo(cluster), master(index), way), prefix);
      await second.interruptions.take(() => true, 'an interruption');
      const topic = topicAt(cluster, (index + 1) % cluster.nodes.length);
      const heard = await listen(second.broker, topic);
      await expectDelivery(first.broker, heard, topic);
    },
  );
});

describe('broker on a Redis Cluster with a replica', () => {
  let cluster: RedisCluster;
  let replica: RedisServer;
  beforeAll(async () => {
    cluster = await startRedisCluster();
    replica = await startReplica(cluster, cluster.nodes[0] as RedisServer);
  });
  afterAll(() => Promise.all([cluster.stop(), replica.stop()]));

  test('a replica that takes over for a dead master gets its topics', async () => {
    const [a, b] = (await startNodes(cluster, 2)) as [Node, Node];
    const topic = topicAt(cluster, 0);
    const heard = await listen(b.broker, topic);
    await cluster.nodes[0]?.kill();
    await until('both notice', () => !a.broker.connected(topic) && !b.broker.connected(topic));
    await a.broker.publish(topic, 'lost');
    await connected([a, b]);
    expect(b.interruptions.items).not.toEqual([]);
    await expectDelivery(a.broker, heard, topic);
  });
});

test('a cluster that knows no sharded publish/subscribe is used all the same, and that is said once', async () => {
  const hidden = ['SSUBSCRIBE', 'SUNSUBSCRIBE', 'SPUBLISH'].flatMap((command) => ['--rename-command', command, '']);
  const cluster = await startRedisCluster(3, hidden);
  const [a, b] = (await startNodes(cluster, 2)) as [Node, Node];
  const heard = await listen(b.broker, 'topic');
  await expectDelivery(a.broker, heard, 'topic');
  for (const { logger } of [a, b]) {
    expect(logger.lines.map(({ message }) => message)).toEqual([
      'Redis Cluster passes every publication on to all of its nodes',
    ]);
  }
  await Promise.all(open.splice(0).map((broker) => broker.close()));
  await cluster.stop();
});
