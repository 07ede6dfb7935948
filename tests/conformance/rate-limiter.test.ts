// The rate limiter's duties over memory, Redis and Redis Cluster, and what it does while Redis is away.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createMemoryRateLimiter } from '../../src/backends/rate-limit/memory.ts';
import { createRedisRateLimiter } from '../../src/backends/rate-limit/redis.ts';
import { createRedisConnection, type RedisConnection } from '../../src/backends/redis/connection.ts';
import { type RedisCluster, type RedisServer, startRedis, startRedisCluster } from '../support/redis.ts';
import { redisTarget } from '../support/redis-target.ts';
import { until } from '../support/until.ts';
import { describeRateLimiter } from './rate-limiter.ts';

const prefix = `${randomUUID()}:`;
const connections: RedisConnection[] = [];
afterAll(() => {
  for (const connection of connections) connection.close();
});

function connect(target: Parameters<typeof createRedisConnection>[0]): RedisConnection {
  const connection = createRedisConnection(target);
  connections.push(connection);
  return connection;
}

describeRateLimiter('memory', (options) => {
  const limiter = createMemoryRateLimiter(options);
  return [limiter, limiter];
});

describeRateLimiter('Redis', (options) => {
  const connection = connect(redisTarget(inject('redisUrl')));
  return [
    createRedisRateLimiter(options, { connection, prefix }),
    createRedisRateLimiter(options, { connection, prefix }),
  ];
});

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster.stop());

describeRateLimiter('Redis Cluster', (options) => {
  const connection = connect({ nodes: cluster.nodes, cluster: true });
  return [
    createRedisRateLimiter(options, { connection, prefix }),
    createRedisRateLimiter(options, { connection, prefix }),
  ];
});

describe('rate limiter: Redis away', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  const start = (limit: number) => {
    const options = { name: randomUUID(), limit, windowMs: 60_000 };
    return createRedisRateLimiter(options, { connection: connect({ nodes: [redis], cluster: false }), prefix });
  };

  async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
    const before = performance.now();
    return [await work(), performance.now() - before];
  }

  test('counts on this node while Redis is dead, and in Redis again when it is back', async () => {
    const limiter = start(2);
    expect((await limiter.consume('ann')).remaining).toBe(1);
    await redis.kill();
    const states = [await limiter.consume('ann'), await limiter.consume('ann'), await limiter.consume('ann')];
    expect(states.map(({ allowed }) => allowed)).toEqual([true, true, false]);
    await redis.restart();
    // An empty Redis allows what this node alone would refuse.
    await until('it counts in Redis', async () => (await limiter.consume('ann')).allowed);
  });

  test('a frozen Redis delays the first request a little, the others not', async () => {
    const limiter = start(1_000);
    await Promise.all(Array.from({ length: 500 }, () => limiter.consume('ann')));
    redis.freeze();
    const [first, firstMs] = await timed(() => limiter.consume('ann'));
    expect(first.allowed).toBe(true);
    expect(firstMs).toBeLessThan(1_500);
    const [, othersMs] = await timed(async () => {
      for (let count = 0; count < 20; count += 1) await limiter.consume('ann');
    });
    // Less than one of them would wait.
    expect(othersMs).toBeLessThan(380);
    redis.thaw();
    // Where the first 500 were counted; this node alone has counted few.
    const { remaining } = await limiter.consume('ann');
    expect(remaining).toBeGreaterThan(900);
    await until('it counts in Redis', async () => (await limiter.consume('ann')).remaining < remaining - 400, 3_000);
  });

  test('a start without Redis holds nobody up', async () => {
    await redis.kill();
    const limiter = start(1);
    const [state, ms] = await timed(() => limiter.consume('ann'));
    expect(state.allowed).toBe(true);
    expect(ms).toBeLessThan(1_500);
    await redis.restart();
  });
});
