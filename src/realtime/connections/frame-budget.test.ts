import { describe, expect, it } from 'vitest';
import { FrameBudget } from './frame-budget.ts';

const takeMany = (budget: FrameBudget, count: number, now: number) =>
  Array.from({ length: count }, () => budget.take(now));

describe('a frame budget', () => {
  it('allows a burst of twice the rate, then the rate', () => {
    const budget = new FrameBudget(50, 0);
    expect(takeMany(budget, 101, 0).filter((verdict) => verdict === 'allowed')).toHaveLength(100);
    expect(budget.retryAfterMs()).toBe(20);
    expect(takeMany(budget, 60, 1000).filter((verdict) => verdict === 'allowed')).toHaveLength(50);
  });

  it('tells a flood from a burst, and forgives with time', () => {
    const budget = new FrameBudget(5, 0);
    expect(takeMany(budget, 30, 0)).not.toContain('flood');
    expect(budget.take(0)).toBe('flood');
    expect(takeMany(budget, 30, 60_000)).not.toContain('flood');
  });

  it('allows everything at 0', () => {
    expect(new Set(takeMany(new FrameBudget(0, 0), 10_000, 0))).toEqual(new Set(['allowed']));
  });

  it('is not fooled by a clock that goes back', () => {
    const budget = new FrameBudget(1, 10_000);
    takeMany(budget, 2, 10_000);
    expect(budget.take(5_000)).toBe('limited');
  });
});
