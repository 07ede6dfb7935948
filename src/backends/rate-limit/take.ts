// Takes one point from a limiter of the library, and returns it as this service's state.
import { RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimitState } from './rate-limiter.ts';
import { stateOf } from './state.ts';

/** `consume` is the library's. Rejects only if the limiter cannot count. */
export async function takePoint(limit: number, consume: () => Promise<RateLimiterRes>): Promise<RateLimitState> {
  const { consumedPoints, msBeforeNext } = await consume().catch(refusal);
  return stateOf(limit, consumedPoints, msBeforeNext);
}

/** The library rejects with its result when no point is left, and with an error when something failed. */
function refusal(reason: unknown): RateLimiterRes {
  if (reason instanceof RateLimiterRes) return reason;
  throw reason;
}
