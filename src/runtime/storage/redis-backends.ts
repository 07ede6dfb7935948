// Broker, presence and rate limits of several nodes, on one Redis.
import { createRedisBroker } from '../../backends/broker/redis.ts';
import { createRedisPresence } from '../../backends/presence/redis.ts';
import { createRedisRateLimiter } from '../../backends/rate-limit/redis.ts';
import { createRedisConnection, type RedisTarget } from '../../backends/redis/connection.ts';
import { DependencyError } from '../../lib/dependency-error.ts';
import type { Backends, BackendsDependencies } from './backends.ts';

export function createRedisBackends(target: RedisTarget, { nodeId, logger, prefix }: BackendsDependencies): Backends {
  const connection = createRedisConnection(target, logger);
  const shared = { connection, prefix };
  const broker = createRedisBroker({ ...shared, logger });
  const presence = createRedisPresence({ ...shared, nodeId, logger });
  // In a cluster any master will do, and presence may be on one that is away.
  const checks = target.cluster ? [broker.ping] : [broker.ping, presence.check];
  return {
    broker,
    presence,
    createRateLimiter: (options) => createRedisRateLimiter(options, shared),
    async check() {
      const results = await Promise.allSettled(checks.map((check) => check()));
      const refusal = connection.refusal();
      if (refusal !== undefined) throw new DependencyError(refusal);
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
    close: () => connection.close(),
  };
}
