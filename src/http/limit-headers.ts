// The headers that tell a client what is left of its rate limit.
import type { RateLimitState } from '../backends/rate-limit/rate-limiter.ts';

/** `resetAt` is in milliseconds since 1970. */
export function addLimitHeaders(
  headers: Record<string, string>,
  { limit, remaining, resetAt }: Pick<RateLimitState, 'limit' | 'remaining' | 'resetAt'>,
): void {
  headers['X-RateLimit-Limit'] = String(limit);
  headers['X-RateLimit-Remaining'] = String(remaining);
  headers['X-RateLimit-Reset'] = String(Math.ceil(resetAt / 1000));
}
