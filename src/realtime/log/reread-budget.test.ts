import { describe, expect, it } from 'vitest';
import { RereadBudget } from './reread-budget.ts';

describe('what one connection may read again', () => {
  it('allows everything to be read once, however much that is', () => {
    const budget = new RereadBudget(0);
    for (let log = 0; log < 1000; log += 1) {
      for (let cursor = 0; cursor < 5; cursor += 1) {
        expect(budget.take(`c${log}`, cursor, 0)).toBe(true);
        budget.note(`c${log}`, cursor + 1);
      }
    }
  });

  it('allows little to be read again, and more with time', () => {
    const budget = new RereadBudget(0);
    budget.note('c1', 100);
    const again = Array.from({ length: 80 }, () => budget.take('c1', 0, 0));
    expect(again.filter(Boolean).length).toBe(60);
    expect(budget.take('c1', 100, 0)).toBe(true);
    expect(budget.retryAfterMs()).toBe(1000);
    expect(budget.take('c1', 0, budget.retryAfterMs())).toBe(true);
    expect(budget.take('c1', 99, 1000)).toBe(false);
  });
});
