// What the Redis broker does while Redis is away, and when it is back.
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Broker } from '../../src/backends/broker/broker.ts';
import { createRedisBroker } from '../../src/backends/broker/redis.ts';
import { createRedisConnection } from '../../src/backends/redis/connection.ts';
import { type NetworkProxy, startProxy } from '../support/proxy.ts';
import { createQueue, type Queue } from '../support/queue.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { createSilentLogger } from '../support/silent-logger.ts';
import { until } from '../support/until.ts';
import { expectDelivery, expectOwnDelivery, knowsOthers, listen } from './broker.ts';

interface Node {
  readonly broker: Broker;
  readonly interruptions: Queue<string>;
  readonly logger: ReturnType<typeof createSilentLogger>;
}

const open: Broker[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((broker) => broker.close()));
});

function startNode(nodes: ReadonlyArray<{ host: string; port: number }>): Node {
  const logger = createSilentLogger();
  const connection = createRedisConnection({ nodes, cluster: false });
  const broker = createRedisBroker({ connection, prefix: 'test:', logger });
  open.push(broker);
  const interruptions = createQueue<string>(String);
  broker.onInterruption(() => interruptions.push('interruption'));
  return { broker, interruptions, logger };
}

async function connected(...nodes: Node[]): Promise<void> {
  for (const { broker } of nodes) await until('the link is up', () => broker.connected());
}

const interrupted = ({ interruptions }: Node) => interruptions.take(() => true, 'an interruption');

describe('Redis broker, outages of the server', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  test('starts without Redis: nothing throws or hangs, and all is there when Redis comes', async () => {
    await redis.kill();
    const [a, b] = [startNode([redis]), startNode([redis])];
    const heard = await listen(b.broker, 'early');
    await a.broker.publish('early', 'lost');
    await expect(a.broker.ping()).rejects.toThrow();
    expect(a.broker.connected()).toBe(false);
    await redis.restart();
    await interrupted(b);
    await connected(a, b);
    await expectDelivery(a.broker, heard, 'early');
    expect(heard.items).not.toContain('lost');
  });

  test('a killed and restarted Redis: an interruption, and every one of 20,000 topics again', async () => {
    const [a, b] = [startNode([redis]), startNode([redis])];
    await connected(a, b);
    const heard = createQueue<string>(String);
    const topics = Array.from({ length: 20_000 }, (_, index) => `kill-${index}`);
    await Promise.all(topics.map((topic) => b.broker.subscribe(topic, () => heard.push(topic)).ready));
    await redis.restart();
    await interrupted(b);
    await connected(a);
    await knowsOthers(a.broker);
    for (const topic of ['kill-0', 'kill-10000', 'kill-19999']) {
      await a.broker.publish(topic, '');
      await heard.take((got) => got === topic, topic);
    }
  });

  test('says once that Redis is away, and once that it is back', async () => {
    const node = startNode([redis]);
    await connected(node);
    await redis.kill();
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // Several attempts to reconnect fail.
    await redis.restart();
    await connected(node);
    const said = node.logger.lines.map(({ message }) => message).sort();
    // Once, though there are two links, to publish and to subscribe.
    expect(said).toEqual(['Redis is away', 'Redis is back']);
  });

  test('a node that is alone keeps its publications to itself, and the one that comes hears of a loss', async () => {
    const first = startNode([redis]);
    await connected(first);
    const own = await listen(first.broker, 'alone');
    const onTheWire = new Redis(redis.port, redis.host);
    let seen = 0;
    onTheWire.on('message', () => {
      seen += 1;
    });
    await onTheWire.subscribe('test:0:t:alone');
    const staysHere = async () => {
      const before = seen;
      await expectOwnDelivery(first.broker, own, 'alone');
      // Its answer comes behind what was published before.
      await onTheWire.ping();
      return seen === before;
    };
    await until('it knows that it is alone', staysHere);
    const second = startNode([redis]);
    await interrupted(second);
    const heard = await listen(second.broker, 'alone');
    await expectDelivery(first.broker, heard, 'alone');
    onTheWire.disconnect();
  });

  test('a frozen Redis is noticed within seconds, and nothing waits for it longer', async () => {
    const [a, b] = [startNode([redis]), startNode([redis])];
    await connected(a, b);
    const heard = await listen(b.broker, 'freeze');
    redis.freeze();
    const before = Date.now();
    await a.broker.publish('freeze', 'lost or late');
    await b.broker.subscribe('freeze-more', () => {}).ready;
    await until('both notice', () => !a.broker.connected() && !b.broker.connected());
    expect(Date.now() - before).toBeLessThan(5_000);
    const rejected = Date.now();
    await a.broker.publish('freeze', 'lost');
    await b.broker.subscribe('freeze-again', () => {}).ready;
    await expect(a.broker.ping()).rejects.toThrow();
    expect(Date.now() - rejected).toBeLessThan(2_000);
    redis.thaw();
    await interrupted(b);
    await connected(a, b);
    await expectDelivery(a.broker, heard, 'freeze');
  });
});

describe('Redis broker, outages of one link', () => {
  let redis: RedisServer;
  let proxy: NetworkProxy;
  beforeAll(async () => {
    redis = await startRedis();
    proxy = await startProxy(redis);
  });
  afterAll(async () => {
    await proxy.stop();
    await redis.stop();
  });

  test('a link that froze without closing is cut and made anew', async () => {
    const [near, far] = [startNode([redis]), startNode([proxy])];
    await connected(near, far);
    const heard = await listen(far.broker, 'silent');
    proxy.freeze();
    await until('it is noticed', () => !far.broker.connected(), 5_000);
    expect(near.broker.connected()).toBe(true);
    proxy.thaw();
    await interrupted(far);
    await connected(far);
    await expectDelivery(near.broker, heard, 'silent');
  });

  test('a listener is ready when Redis has answered, also one that joins another on its way', async () => {
    const [near, far] = [startNode([redis]), startNode([proxy])];
    await connected(near, far);
    proxy.freeze();
    void far.broker.subscribe('slow', () => {}).ready;
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    const heard = createQueue<string>(String);
    const { ready } = far.broker.subscribe('slow', (payload) => heard.push(payload));
    let settled = false;
    void ready.then(() => {
      settled = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(settled).toBe(false);
    proxy.thaw();
    await ready;
    await expectDelivery(near.broker, heard, 'slow');
  });

  test('others hear of an interruption when a node could not publish for a while', async () => {
    const [near, far] = [startNode([redis]), startNode([proxy])];
    await connected(near, far);
    proxy.cut();
    await until('it is noticed', () => !far.broker.connected());
    await far.broker.publish('anything', 'lost');
    expect(near.interruptions.items).toEqual([]);
    proxy.heal();
    await interrupted(near);
    expect(near.broker.connected()).toBe(true);
  });

  test('an outage in which nothing was published interrupts nobody else', async () => {
    const [near, far] = [startNode([redis]), startNode([proxy])];
    await connected(near, far);
    proxy.cut();
    proxy.heal();
    await interrupted(far);
    await connected(far);
    const heard = await listen(near.broker, 'quiet');
    await expectDelivery(far.broker, heard, 'quiet');
    expect(near.interruptions.items).toEqual([]);
  });
});
