// Rate limits counted on this node.
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { RateLimiter, RateLimitOptions } from './rate-limiter.ts';
import { takePoint } from './take.ts';

export function createMemoryRateLimiter({ name, limit, windowMs }: RateLimitOptions): RateLimiter {
  const limiter = new RateLimiterMemory({ keyPrefix: name, points: limit, duration: windowMs / 1000 });
  return { consume: (key, points = 1) => takePoint(limit, () => limiter.consume(key, points)) };
}
