// Broker, presence and rate limits of several nodes, on one Redis.
import { createRedisBroker } from '../../backends/broker/redis.ts';
import { createRedisPresence } from '../../backends/presence/redis.ts';
import { createRedisRateLimiter } from '../../backends/rate-limit/redis.ts';
import { createRedisConnection, type RedisTarget } from '../../backends/redis/connection.ts';
import type { Backends, BackendsDependencies } from './backends.ts';

export function createRedisBackends(target: RedisTarget, { nodeId, logger, prefix }: BackendsDependencies): Backends {
  const connection = createRedisConnection(target);
  const shared = { connection, prefix };
  return {
    broker: createRedisBroker({ ...shared, logger }),
    presence: createRedisPresence({ ...shared, nodeId, logger }),
    createRateLimiter: (options) => createRedisRateLimiter(options, shared),
    close: () => connection.close(),
  };
}
