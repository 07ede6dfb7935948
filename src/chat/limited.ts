// Limits as use cases meet them: a point taken, or the failure of a call that is past the limit.
import type { Clock } from '../backends/clock/clock.ts';
import type { RateLimiter, RateLimitState } from '../backends/rate-limit/rate-limiter.ts';
import { ChatError } from '../protocol/errors.ts';

/** At least a millisecond to wait, so that `Retry-After` never says "at once". `now` in milliseconds since 1970. */
export function limited({ limit, resetAt }: RateLimitState, now: number, message?: string): ChatError {
  return new ChatError('RATE_LIMITED', message, {
    retryAfterMs: Math.max(1, resetAt - now),
    rateLimit: { limit, resetAt },
  });
}

/** Takes a point of an address. Throws RATE_LIMITED; never without a limiter. */
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

/** A limiter's key for those who are counted by their address. */
export const addressKey = (address: string) => `address:${address}`;
