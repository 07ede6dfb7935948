// The state of a key, computed from its count.
import type { RateLimitState } from './rate-limiter.ts';

/** `msLeft`: milliseconds until the window ends. */
export function stateOf(limit: number, points: number, msLeft: number): RateLimitState {
  return {
    allowed: points <= limit,
    limit,
    remaining: Math.max(0, limit - points),
    resetAt: Date.now() + Math.max(0, msLeft),
  };
}
