import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createTimeFloor } from './time-floor.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

/** How long work of these durations takes until it may be answered. */
async function answeredAfter(works: readonly number[], floor: ReturnType<typeof createTimeFloor>): Promise<number[]> {
  const times: number[] = [];
  for (const work of works) {
    const startedAt = performance.now();
    vi.advanceTimersByTime(work);
    let isOver = false;
    void floor.reach(startedAt).then(() => (isOver = true));
    await vi.advanceTimersByTimeAsync(0);
    while (!isOver) await vi.advanceTimersByTimeAsync(1);
    times.push(performance.now() - startedAt);
  }
  return times;
}

it('answers after the same time, whatever was done', async () => {
  const floor = createTimeFloor({ atLeastMs: 500, atMostMs: 2000 });
  expect(await answeredAfter([0, 40, 317, 499], floor)).toEqual([500, 500, 500, 500]);
});

it('rises above what it has seen, and so hides slower work too', async () => {
  const floor = createTimeFloor({ atLeastMs: 500, atMostMs: 2000 });
  floor.observe(800);
  expect(floor.ms).toBe(1200);
  expect(await answeredAfter([40, 800], floor)).toEqual([1200, 1200]);
  floor.observe(60_000);
  expect(floor.ms).toBe(2000);
});

it('comes down again after a single slow one', () => {
  const floor = createTimeFloor({ atLeastMs: 500, atMostMs: 2000 });
  floor.observe(1000);
  for (let n = 0; n < 10; n++) floor.observe(50);
  expect(floor.ms).toBeGreaterThan(1400);
  for (let n = 0; n < 1000; n++) floor.observe(50);
  expect(floor.ms).toBe(500);
});

it('delays nothing that took longer', async () => {
  const floor = createTimeFloor({ atLeastMs: 500, atMostMs: 2000 });
  expect(await answeredAfter([3000], floor)).toEqual([3000]);
});
