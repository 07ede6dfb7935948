// What nodes share, or what stands for it in a service of one node: broker, presence and rate limits.
import type { Broker } from '../../backends/broker/broker.ts';
import { createMemoryBroker } from '../../backends/broker/memory.ts';
import { createMemoryPresence } from '../../backends/presence/memory.ts';
import type { PresenceStore } from '../../backends/presence/presence-store.ts';
import { createMemoryRateLimiter } from '../../backends/rate-limit/memory.ts';
import type { RateLimiter, RateLimitOptions } from '../../backends/rate-limit/rate-limiter.ts';
import type { RedisTarget } from '../../backends/redis/connection.ts';
import type { Logger } from '../../lib/logger.ts';

export interface Backends {
  readonly broker: Broker;
  readonly presence: PresenceStore;
  createRateLimiter(options: RateLimitOptions): RateLimiter;
  /** Ends what is left of the links, after broker and presence were closed. */
  close(): void;
}

export interface BackendsDependencies {
  readonly nodeId: string;
  /** What all keys and channels in Redis begin with: no other deployment may use it. */
  readonly prefix: string;
  readonly logger: Logger;
}

/** Redis where there is a target, else memory. Does not wait for Redis: it may come later. */
export async function createBackends(target: RedisTarget | null, deps: BackendsDependencies): Promise<Backends> {
  if (target === null) return createMemoryBackends(deps);
  // Only here: a service of one node has no use for the client library.
  const { createRedisBackends } = await import('./redis-backends.ts');
  return createRedisBackends(target, deps);
}

function createMemoryBackends({ nodeId, logger }: BackendsDependencies): Backends {
  return {
    broker: createMemoryBroker({ logger }),
    presence: createMemoryPresence({ nodeId }),
    createRateLimiter: createMemoryRateLimiter,
    close: () => {},
  };
}
