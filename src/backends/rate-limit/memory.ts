// Rate limits counted on this node: a window for each key, for a bounded number of keys.
import type { RateLimiter, RateLimitOptions } from './rate-limiter.ts';
import { stateOf } from './state.ts';

/**
 * The most keys of one limit, some 30 MB, because anybody can come from many addresses. If there is one more, the
 * window that began first is forgotten. It would also end first.
 */
const MAX_KEYS = 200_000;

interface Window {
  points: number;
  /** On a clock that nobody can set. */
  readonly endsAt: number;
}

export function createMemoryRateLimiter(
  { limit, windowMs }: Pick<RateLimitOptions, 'limit' | 'windowMs'>,
  maxKeys = MAX_KEYS,
): RateLimiter {
  // In the order in which they began, which is also the order in which they end.
  const windows = new Map<string, Window>();

  function makeRoom(now: number): void {
    for (const [key, { endsAt }] of windows) {
      if (endsAt > now && windows.size < maxKeys) return;
      windows.delete(key);
    }
  }

  function windowOf(key: string, now: number): Window {
    const known = windows.get(key);
    if (known && known.endsAt > now) return known;
    windows.delete(key);
    makeRoom(now);
    const opened = { points: 0, endsAt: now + windowMs };
    windows.set(key, opened);
    return opened;
  }

  return {
    async consume(key, points = 1) {
      const now = performance.now();
      const window = windowOf(key, now);
      // The points given back may be from a window before this one.
      window.points = Math.max(0, window.points + points);
      return stateOf(limit, window.points, window.endsAt - now);
    },
  };
}
