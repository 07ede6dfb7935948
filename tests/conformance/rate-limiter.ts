// What every rate limiter does, wherever it counts: the duties that its interface states.
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { RateLimiter, RateLimitOptions } from '../../src/backends/rate-limit/rate-limiter.ts';
import { until } from '../support/until.ts';

/** Gives the limiters of two nodes that count together; of one that counts alone, the same twice. */
export type StartLimiters = (options: RateLimitOptions) => readonly [RateLimiter, RateLimiter];

export function describeRateLimiter(name: string, start: StartLimiters): void {
  describe(`rate limiter: ${name}`, () => {
    const minute = (limit: number): RateLimitOptions => ({ name: randomUUID(), limit, windowMs: 60_000 });

    test('allows the limit, then refuses, and says truly what is left', async () => {
      const [limiter] = start(minute(3));
      const states = [];
      for (let count = 0; count < 5; count += 1) states.push(await limiter.consume('ann'));
      expect(states.map(({ allowed }) => allowed)).toEqual([true, true, true, false, false]);
      expect(states.map(({ remaining }) => remaining)).toEqual([2, 1, 0, 0, 0]);
      expect(states.map(({ limit }) => limit)).toEqual([3, 3, 3, 3, 3]);
    });

    test('counts once for all nodes', async () => {
      const [one, other] = start(minute(2));
      expect((await one.consume('ann')).remaining).toBe(1);
      expect((await other.consume('ann')).remaining).toBe(0);
      expect((await one.consume('ann')).allowed).toBe(false);
    });

    test('lets through exactly the limit of many at once', async () => {
      const limiters = start(minute(10));
      const states = await Promise.all(
        Array.from({ length: 50 }, (_, index) => (limiters[index % 2] as RateLimiter).consume('ann')),
      );
      expect(states.filter(({ allowed }) => allowed)).toHaveLength(10);
    });

    test('keeps keys apart, and limits of different names', async () => {
      const [first] = start(minute(1));
      const [second] = start(minute(1));
      for (const taken of [first.consume('ann'), first.consume('bob'), second.consume('ann')]) {
        expect((await taken).allowed).toBe(true);
      }
    });

    test('the window ends when it said, counted from the first point, and begins anew', async () => {
      const [limiter] = start({ name: randomUUID(), limit: 2, windowMs: 700 });
      const before = Date.now();
      const { resetAt } = await limiter.consume('ann');
      expect(resetAt).toBeGreaterThanOrEqual(before + 690);
      expect(resetAt).toBeLessThanOrEqual(Date.now() + 700);
      const again = await limiter.consume('ann');
      expect(Math.abs(again.resetAt - resetAt)).toBeLessThan(50);
      await until('the window has ended', async () => (await limiter.consume('ann')).allowed);
      expect(Date.now()).toBeGreaterThanOrEqual(resetAt - 20);
      expect((await limiter.consume('ann')).allowed).toBe(true);
      expect((await limiter.consume('ann')).allowed).toBe(false);
    });
  });
}
