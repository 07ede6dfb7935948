// When batches leave: a single one never waits, and a rush is spaced out whatever came before.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSpacing } from './spacing.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Asks for this many batches in a row. Returns when each left, in ms from now. */
function ask(spacing: () => Promise<void>, count: number): number[] {
  const begin = performance.now();
  const left: number[] = [];
  for (let n = 0; n < count; n += 1) void spacing().then(() => left.push(performance.now() - begin));
  return left;
}

test('a few leave at once, a rush at a distance', async () => {
  const left = ask(createSpacing(10, 4), 7);
  await vi.advanceTimersByTimeAsync(29);
  expect(left).toEqual([0, 0, 0, 0, 10, 20]);
  await vi.advanceTimersByTimeAsync(1);
  expect(left).toEqual([0, 0, 0, 0, 10, 20, 30]);
});

test('after a quiet time a few leave at once again, and no more than that', async () => {
  const spacing = createSpacing(10, 4);
  ask(spacing, 10);
  await vi.advanceTimersByTimeAsync(1_000);
  const left = ask(spacing, 5);
  await vi.advanceTimersByTimeAsync(10);
  expect(left).toEqual([0, 0, 0, 0, 10]);
});

test('one after another, each a distance after the last, none waits', async () => {
  const spacing = createSpacing(10, 4);
  for (let n = 0; n < 20; n += 1) {
    const left = ask(spacing, 1);
    await vi.advanceTimersByTimeAsync(0);
    expect(left).toEqual([0]);
    await vi.advanceTimersByTimeAsync(10);
  }
});
