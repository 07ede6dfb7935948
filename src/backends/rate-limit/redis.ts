// Rate limits counted in Redis, one count for all nodes. While Redis is away, counted on each node.
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RedisConnection } from '../redis/connection.ts';
import { createMemoryRateLimiter } from './memory.ts';
import type { RateLimiter, RateLimitOptions } from './rate-limiter.ts';
import { stateOf } from './state.ts';

/** The longest that a request waits for Redis. */
const PATIENCE_MS = 400;
const LINK_TIMEOUT_MS = 1_000;
/** After a failure, one request asks Redis again after this time. The others do not wait for it. */
const PAUSE_MS = 1_000;

/**
 * The library's own script counts windows in whole seconds (ARGV[2], which must not be 0). This one counts in
 * milliseconds (ARGV[4], the limiter's own duration in seconds).
 */
const COUNT = `
redis.call('SET', KEYS[1], 0, 'PX', math.floor(ARGV[4] * 1000 + 0.5), 'NX')
local consumed = redis.call('INCRBY', KEYS[1], ARGV[1])
return {consumed, redis.call('PTTL', KEYS[1])}
`;

export function createRedisRateLimiter(
  options: RateLimitOptions,
  deps: { readonly connection: RedisConnection; readonly prefix: string },
): RateLimiter {
  const { name, limit, windowMs } = options;
  const link = deps.connection.keys({ name: `chat-limit-${name}`, timeoutMs: LINK_TIMEOUT_MS });
  const { client, attempted } = link;
  const shared = new RateLimiterRedis({
    storeClient: client,
    keyPrefix: `${deps.prefix}limit:${name}`,
    points: limit,
    duration: windowMs / 1000,
    customIncrTtlLuaScript: COUNT,
  });
  const wholeSeconds = { customDuration: Math.ceil(windowMs / 1000) };
  const local = createMemoryRateLimiter(options);
  // Requests right after the start wait a little for the link, so that they count where others do.
  const started = within(PATIENCE_MS, attempted).catch(() => {});
  let away = false;
  let askAgainAt = 0;

  return {
    async consume(key, points = 1) {
      await started;
      if (away && performance.now() < askAgainAt) return local.consume(key, points);
      // The request that asks an absent Redis sets the next time before it waits, so that no other asks too.
      askAgainAt = performance.now() + PAUSE_MS;
      try {
        const taken = shared.consume(key, points, wholeSeconds).catch(refusal);
        const { consumedPoints, msBeforeNext } = await within(PATIENCE_MS, taken);
        away = false;
        link.succeeded();
        return stateOf(limit, consumedPoints, msBeforeNext);
      } catch (error) {
        link.failed(error);
        away = true;
        askAgainAt = performance.now() + PAUSE_MS;
        return local.consume(key, points);
      }
    },
  };
}

/** The library rejects with its result when no point is left, and with an error when something failed. */
function refusal(reason: unknown): RateLimiterRes {
  if (reason instanceof RateLimiterRes) return reason;
  throw reason;
}

/** Rejects if `work` takes longer. */
function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // A process that was too busy for its timers has not read the answer yet either. The answer comes before this.
    const timer = setTimeout(() => setImmediate(reject, new Error('Redis takes too long')), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
