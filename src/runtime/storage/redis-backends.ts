// What several nodes can share by one Redis: each part is made only if it is asked for.
import type { Broker } from '../../backends/broker/broker.ts';
import { createRedisBroker } from '../../backends/broker/redis.ts';
import type { PresenceStore } from '../../backends/presence/presence-store.ts';
import { createRedisPresence } from '../../backends/presence/redis.ts';
import type { RateLimiter, RateLimitOptions } from '../../backends/rate-limit/rate-limiter.ts';
import { createRedisRateLimiter } from '../../backends/rate-limit/redis.ts';
import { createRedisConnection, type RedisTarget } from '../../backends/redis/connection.ts';
import { DependencyError } from '../../lib/dependency-error.ts';
import type { BackendsDependencies } from './backends.ts';

export interface RedisBackends {
  /** At most once, as `createPresence`. */
  createBroker(): Broker;
  createPresence(): PresenceStore;
  createRateLimiter(options: RateLimitOptions): RateLimiter;
  /** Tries what the parts that were made need of Redis. Rejects if it is away, or with a DependencyError if it refuses. */
  check(): Promise<void>;
  /** Closes the remaining links, after broker and presence were closed. */
  close(): void;
}

export function createRedisBackends(
  target: RedisTarget,
  { nodeId, logger, prefix }: BackendsDependencies,
): RedisBackends {
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
