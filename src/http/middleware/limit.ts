// Rate limits: each takes a point, tells the client what is left, refuses when nothing is.
import type { MiddlewareHandler } from 'hono';
import type { Clock } from '../../backends/clock/clock.ts';
import type { RateLimiter } from '../../backends/rate-limit/rate-limiter.ts';
import { limited as limitedError } from '../../chat/limited.ts';
import type { HttpContext, HttpEnvironment } from '../environment.ts';
import { setLimitHeaders } from '../respond.ts';

/** Takes one point of `key` and sets the limit's headers. Throws RATE_LIMITED. */
export type TakePoint = (c: HttpContext, key: string) => Promise<void>;

/** A null limiter never refuses and sets no headers. */
export function createTakePoint(limiter: RateLimiter | null, clock: Clock): TakePoint {
  if (limiter === null) return async () => {};
  return async (c, key) => {
    const state = await limiter.consume(key);
    setLimitHeaders(c, state);
    if (!state.allowed) throw limitedError(state, clock.now());
  };
}

/** Takes a point for each request before anything else is done for it. */
export function limited(take: TakePoint, keyOf: (c: HttpContext) => string): MiddlewareHandler<HttpEnvironment> {
  return async function limit(c, next) {
    await take(c, keyOf(c));
    await next();
  };
}
