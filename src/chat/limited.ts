// Rate limits for use cases: counts a call, or throws if it is over the limit.
import type { Clock } from '../backends/clock/clock.ts';
import type { RateLimiter, RateLimitState } from '../backends/rate-limit/rate-limiter.ts';
import { ChatError } from '../protocol/errors.ts';

/** The wait is at least a millisecond, so that `Retry-After` never says "at once". `now` in milliseconds since 1970. */
export function limited({ limit, resetAt }: RateLimitState, now: number, message?: string): ChatError {
  return new ChatError('RATE_LIMITED', message, {
    retryAfterMs: Math.max(1, resetAt - now),
    rateLimit: { limit, resetAt },
  });
}

/** Counts a call of an address. Throws RATE_LIMITED. Without a limiter it never throws. */
export type AddressLimit = (address: string) => Promise<void>;

export function createAddressLimit(deps: {
  readonly limiter: RateLimiter | null;
  readonly clock: Pick<Clock, 'now'>;
}): AddressLimit {
  const { limiter, clock } = deps;
  return async (address) => {
    const state = await limiter?.consume(addressKey(address));
    if (state && !state.allowed) throw limited(state, clock.now());
  };
}

/** The limiter's key for callers that are counted by address. */
export const addressKey = (address: string) => `address:${address}`;
