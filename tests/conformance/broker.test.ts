// The broker's duties over memory, Redis and Redis Cluster.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, inject } from 'vitest';
import { createMemoryBroker } from '../../src/backends/broker/memory.ts';
import { createRedisBroker } from '../../src/backends/broker/redis.ts';
import { createRedisConnection, type RedisTarget } from '../../src/backends/redis/connection.ts';
import { type RedisCluster, startRedisCluster } from '../support/redis.ts';
import { redisTarget } from '../support/redis-target.ts';
import { createSilentLogger } from '../support/silent-logger.ts';
import { type BrokerTarget, describeBroker } from './broker.ts';

function redisBrokers(name: string, target: () => RedisTarget): BrokerTarget {
  const prefix = `${randomUUID()}:`;
  return {
    name,
    async start(count) {
      const connection = createRedisConnection(target());
      const logger = createSilentLogger();
      const nodes = Array.from({ length: count }, () => createRedisBroker({ connection, prefix, logger }));
      return {
        nodes,
        async stop() {
          await Promise.all(nodes.map((node) => node.close()));
        },
      };
    },
  };
}

describeBroker({
  name: 'memory',
  async start(count) {
    const broker = createMemoryBroker();
    return { nodes: Array.from({ length: count }, () => broker), stop: () => broker.close() };
  },
});

describeBroker(redisBrokers('Redis', () => redisTarget(inject('redisUrl'))));

let cluster: RedisCluster;
let former: RedisCluster;
beforeAll(async () => {
  // What a server of version 6 does not know.
  const hidden = ['SSUBSCRIBE', 'SUNSUBSCRIBE', 'SPUBLISH'].flatMap((command) => ['--rename-command', command, '']);
  [cluster, former] = await Promise.all([startRedisCluster(), startRedisCluster(3, hidden)]);
});
afterAll(() => Promise.all([cluster.stop(), former.stop()]));

describeBroker(redisBrokers('Redis Cluster', () => ({ nodes: cluster.nodes, cluster: true })));
describeBroker(redisBrokers('Redis Cluster before version 7', () => ({ nodes: former.nodes, cluster: true })));
