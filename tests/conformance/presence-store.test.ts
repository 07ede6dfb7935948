// The presence store's duties over memory, Redis and Redis Cluster.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, inject } from 'vitest';
import { createMemoryPresence } from '../../src/backends/presence/memory.ts';
import { createRedisPresence } from '../../src/backends/presence/redis.ts';
import { createRedisConnection, type RedisTarget } from '../../src/backends/redis/connection.ts';
import { type RedisCluster, startRedisCluster } from '../support/redis.ts';
import { redisTarget } from '../support/redis-target.ts';
import { createSilentLogger } from '../support/silent-logger.ts';
import { describePresence, type PresenceTarget } from './presence-store.ts';

function redisPresence(name: string, target: () => RedisTarget): PresenceTarget {
  return {
    name,
    begin() {
      const prefix = `${randomUUID()}:`;
      return async (count) => {
        const stores = Array.from({ length: count }, () => {
          const connection = createRedisConnection(target());
          return createRedisPresence({ nodeId: randomUUID(), connection, prefix, logger: createSilentLogger() });
        });
        await Promise.all(stores.map((store) => store.heartbeat(0)));
        return stores;
      };
    },
  };
}

describePresence(
  {
    name: 'memory',
    begin: () => async () => [createMemoryPresence({ nodeId: randomUUID() })],
  },
  false,
);

describePresence(
  redisPresence('Redis', () => redisTarget(inject('redisUrl'))),
  true,
);

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster.stop());

describePresence(
  redisPresence('Redis Cluster', () => ({ nodes: cluster.nodes, cluster: true })),
  true,
);
