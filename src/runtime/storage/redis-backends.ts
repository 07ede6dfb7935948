// What several nodes can share by one Redis: each part is made only if it is asked for.
import { createRedisBroker } from '../../backends/broker/redis.ts';
import { createRedisPresence } from '../../backends/presence/redis.ts';
import type { RateLimitOptions } from '../../backends/rate-limit/rate-limiter.ts';
import { createRedisRateLimiter } from '../../backends/rate-limit/redis.ts';
import { createRedisConnection, type RedisTarget } from '../../backends/redis/connection.ts';
import { DependencyError } from '../../lib/dependency-error.ts';
import type { BackendsDependencies } from './backends.ts';

/** Make a broker and a presence at most once. */
export function createRedisBackends(target: RedisTarget, { nodeId, logger, prefix }: BackendsDependencies) {
  const connection = createRedisConnection(target, logger);
  const shared = { connection, prefix };
  const checks: Array<() => Promise<unknown>> = [];

  return {
    createBroker() {
      const broker = createRedisBroker({ ...shared, logger });
      checks.push(broker.ping);
      return broker;
    },
    createPresence() {
      const presence = createRedisPresence({ ...shared, nodeId, logger });
      // In a cluster any master will do, and presence may be on one that is away.
      if (!target.cluster) checks.push(presence.check);
      return presence;
    },
    createRateLimiter: (options: RateLimitOptions) => createRedisRateLimiter(options, shared),
    /** Tries what the parts that were made need of Redis. Rejects if it is away, or with a DependencyError if it refuses. */
    async check(): Promise<void> {
      const results = await Promise.allSettled(checks.map((check) => check()));
      const refusal = connection.refusal();
      if (refusal !== undefined) throw new DependencyError(refusal);
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
    /** Closes the remaining links, after broker and presence were closed. */
    close: () => connection.close(),
  };
}
