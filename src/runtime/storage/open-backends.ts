// Opens what nodes share, or its replacement in a service of one node.
import { createMemoryBroker } from '../../backends/broker/memory.ts';
import { createMemoryPresence } from '../../backends/presence/memory.ts';
import { createMemoryRateLimiter } from '../../backends/rate-limit/memory.ts';
import type { RedisTarget } from '../../backends/redis/connection.ts';
import type { Backends, BackendsDependencies } from './backends.ts';

/** Redis if there is a target, else memory. Does not wait for Redis, which may come later. */
export async function createBackends(target: RedisTarget | null, deps: BackendsDependencies): Promise<Backends> {
  if (target === null) return createMemoryBackends(deps);
  // Imported only here, because a service of one node does not use the client library.
  const { createRedisBackends } = await import('./redis-backends.ts');
  return createRedisBackends(target, deps);
}

function createMemoryBackends({ nodeId, logger }: BackendsDependencies): Backends {
  return {
    broker: createMemoryBroker({ logger }),
    presence: createMemoryPresence({ nodeId }),
    createRateLimiter: createMemoryRateLimiter,
    check: async () => {},
    close: () => {},
  };
}
