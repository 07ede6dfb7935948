// Rate limits counted on this node: a window for each key, and room for so many keys.
import type { RateLimiter, RateLimitOptions } from './rate-limiter.ts';
import { stateOf } from './state.ts';

/**
 * Keys of one limit, some 30 MB: anybody can come from many addresses. For one more the window that began first is
 * forgotten, which is the next to end.
 */
const MAX_KEYS = 200_000;

interface Window {
  points: number;
  /** On a clock that nobody sets. */
  readonly endsAt: number;
}

export function createMemoryRateLimiter(
  { limit, windowMs }: Pick<RateLimitOptions, 'limit' | 'windowMs'>,
  maxKeys = MAX_KEYS,
): RateLimiter {
  // In the order in which they began, and so in that in which they end.
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
      // What is given back may have been taken in a window before this one.
      window.points = Math.max(0, window.points + points);
      return stateOf(limit, window.points, window.endsAt - now);
    },
  };
}
