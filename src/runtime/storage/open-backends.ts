// Chooses what nodes share, each part by itself, or its replacement in a service of one node.
import { createMemoryBroker } from '../../backends/broker/memory.ts';
import { createMemoryPresence } from '../../backends/presence/memory.ts';
import { createMemoryRateLimiter } from '../../backends/rate-limit/memory.ts';
import type { Config } from '../config/config.ts';
import type { Backends, BackendsDependencies } from './backends.ts';

/** Redis if it is configured, else memory. Does not wait for Redis, which may come later. */
export async function createBackends(config: Config, deps: BackendsDependencies): Promise<Backends> {
  // Imported only here, because a service of one node does not use the client library.
  const load = async () => (await import('./redis-backends.ts')).createRedisBackends;
  const redis = config.redis === null ? undefined : (await load())(config.redis, deps);
  const broker = redis?.createBroker() ?? createMemoryBroker(deps);
  const presence = redis?.createPresence() ?? createMemoryPresence(deps);
  return {
    broker,
    presence,
    createRateLimiter: redis?.createRateLimiter ?? createMemoryRateLimiter,
    checks: { redis: redis?.check },
    close: () => redis?.close(),
  };
}
