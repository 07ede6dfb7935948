// What only limits in memory have: their clock and their bound.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createMemoryRateLimiter } from './memory.ts';

afterEach(() => {
  vi.useRealTimers();
});

const HOUR_MS = 3_600_000;

describe('a rate limiter in memory', () => {
  it.each([
    ['back', -HOUR_MS],
    ['on', HOUR_MS],
  ])('neither ends nor prolongs a window where the clock is set %s by an hour', async (_, step) => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const limiter = createMemoryRateLimiter({ limit: 1, windowMs: 60_000 });
    await limiter.consume('ann');
    vi.setSystemTime(Date.now() + step);
    const { allowed, resetAt } = await limiter.consume('ann');
    expect(allowed).toBe(false);
    expect(resetAt - Date.now()).toBeGreaterThan(50_000);
    expect(resetAt - Date.now()).toBeLessThanOrEqual(60_000);
  });

  it('forgets the window that began first if there is no room for another', async () => {
    const limiter = createMemoryRateLimiter({ limit: 5, windowMs: 60_000 }, 3);
    for (const key of ['a', 'b', 'c', 'a', 'd']) await limiter.consume(key);
    const left = async (key: string) => (await limiter.consume(key, 0)).remaining;
    expect([await left('b'), await left('c'), await left('d')]).toEqual([4, 4, 4]);
    expect(await left('a')).toBe(5);
  });

  it('gives back no more than was taken', async () => {
    const limiter = createMemoryRateLimiter({ limit: 2, windowMs: 60_000 });
    await limiter.consume('ann', -1);
    expect((await limiter.consume('ann')).remaining).toBe(1);
  });
});
