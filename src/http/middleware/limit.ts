// Rate limits: each takes a point, tells the client what is left, refuses when nothing is.
import type { MiddlewareHandler } from 'hono';
import type { Clock } from '../../backends/clock/clock.ts';
import type { RateLimiter } from '../../backends/rate-limit/rate-limiter.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { HttpContext, HttpEnvironment } from '../environment.ts';
import { setHeader } from '../respond.ts';

/** Takes one point of `key` and sets the limit's headers. Throws RATE_LIMITED. */
export type TakePoint = (c: HttpContext, key: string) => Promise<void>;

/** A null limiter never refuses and sets no headers. */
export function createTakePoint(limiter: RateLimiter | null, clock: Clock): TakePoint {
  if (limiter === null) return async () => {};
  return async (c, key) => {
    const { allowed, limit, remaining, resetAt } = await limiter.consume(key);
    setHeader(c, 'X-RateLimit-Limit', String(limit));
    setHeader(c, 'X-RateLimit-Remaining', String(remaining));
    setHeader(c, 'X-RateLimit-Reset', String(Math.ceil(resetAt / 1000)));
    if (allowed) return;
    // At least a millisecond, so that Retry-After never says "at once".
    throw new ChatError('RATE_LIMITED', undefined, { retryAfterMs: Math.max(1, resetAt - clock.now()) });
  };
}

/** Takes a point for each request before anything else is done for it. */
export function limited(take: TakePoint, keyOf: (c: HttpContext) => string): MiddlewareHandler<HttpEnvironment> {
  return async function limit(c, next) {
    await take(c, keyOf(c));
    await next();
  };
}
