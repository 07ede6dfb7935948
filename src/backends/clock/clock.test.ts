import { describe, expect, test, vi } from 'vitest';
import type { Clock } from './clock.ts';
import { createFakeClock } from './fake.ts';
import { createSystemClock } from './system.ts';

/** Each clock, and how a test lets `ms` pass on it. */
const clocks: Array<[string, () => { clock: Clock; pass: (ms: number) => Promise<void> }]> = [
  [
    'system',
    () => ({
      clock: createSystemClock({ defer: setImmediate }),
      pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms + 20)),
    }),
  ],
  [
    'fake',
    () => {
      const clock = createFakeClock();
      return { clock, pass: async (ms) => clock.advance(ms) };
    },
  ],
];

describe.each(clocks)('%s clock', (_name, make) => {
  test('moves on', async () => {
    const { clock, pass } = make();
    const before = clock.now();
    await pass(30);
    expect(clock.now() - before).toBeGreaterThanOrEqual(30);
  });

  test('counts what passed in milliseconds that nobody can set', async () => {
    const { clock, pass } = make();
    const [before, wallBefore] = [clock.monotonic(), clock.now()];
    await pass(30);
    expect(clock.monotonic() - before).toBeGreaterThanOrEqual(30);
    vi.setSystemTime(wallBefore - 3_600_000);
    if ('set' in clock) (clock as ReturnType<typeof createFakeClock>).set(-3_600_000);
    try {
      expect(clock.now()).toBeLessThan(wallBefore - 3_000_000);
      expect(clock.monotonic() - before).toBeGreaterThanOrEqual(30);
      expect(clock.monotonic() - before).toBeLessThan(60_000);
    } finally {
      vi.useRealTimers();
    }
  });

  test('calls once after its delay, in the order of the due times', async () => {
    const { clock, pass } = make();
    const calls: string[] = [];
    clock.after(40, () => calls.push('later'));
    clock.after(5, () => calls.push('sooner'));
    await pass(60);
    await pass(60);
    expect(calls).toEqual(['sooner', 'later']);
  });

  test('calls again and again until cancelled', async () => {
    const { clock, pass } = make();
    const run = vi.fn();
    const cancel = clock.every(10, run);
    await pass(100);
    expect(run.mock.calls.length).toBeGreaterThanOrEqual(3);
    cancel();
    cancel();
    const calls = run.mock.calls.length;
    await pass(50);
    expect(run).toHaveBeenCalledTimes(calls);
  });

  test('never calls what was cancelled', async () => {
    const { clock, pass } = make();
    const run = vi.fn();
    clock.after(10, run)();
    await pass(40);
    expect(run).not.toHaveBeenCalled();
  });

  test('waits longer than timers can count', async () => {
    const { clock, pass } = make();
    const run = vi.fn();
    const cancels = [2 ** 31, 1e15, Number.POSITIVE_INFINITY].map((ms) => clock.after(ms, run));
    await pass(30);
    expect(run).not.toHaveBeenCalled();
    for (const cancel of cancels) cancel();
  });

  test('defers until after the present turn', async () => {
    const { clock, pass } = make();
    const calls: string[] = [];
    clock.defer(() => calls.push('deferred'));
    await Promise.resolve().then(() => calls.push('reaction'));
    calls.push('turn');
    await pass(1);
    expect(calls).toEqual(['reaction', 'turn', 'deferred']);
  });
});

describe('system clock', () => {
  test('a long wait ends, and can be cancelled on its way', () => {
    vi.useFakeTimers();
    const clock = createSystemClock({ defer: setImmediate });
    const [ends, cancelled] = [vi.fn(), vi.fn()];
    clock.after(2 ** 31 + 5_000, ends);
    const cancel = clock.after(2 ** 31 + 5_000, cancelled);
    vi.advanceTimersByTime(2 ** 31);
    cancel();
    expect(ends).not.toHaveBeenCalled();
    vi.advanceTimersByTime(5_000);
    expect(ends).toHaveBeenCalledTimes(1);
    expect(cancelled).not.toHaveBeenCalled();
    vi.useRealTimers();
  });
});

describe('fake clock', () => {
  test('each timer sees its own time, and what it starts runs in the same move', () => {
    const clock = createFakeClock(1_000);
    const seen: number[] = [];
    clock.after(10, () => {
      seen.push(clock.now());
      clock.after(10, () => seen.push(clock.now()));
      clock.defer(() => seen.push(-clock.now()));
    });
    clock.advance(100);
    expect(seen).toEqual([1_010, -1_010, 1_020]);
    expect(clock.now()).toBe(1_100);
  });

  test('turn runs what was deferred, and what that defers, without moving on', () => {
    const clock = createFakeClock(1_000);
    const calls: string[] = [];
    clock.defer(() => {
      calls.push('first');
      clock.defer(() => calls.push('second'));
    });
    clock.turn();
    expect(calls).toEqual(['first', 'second']);
    expect(clock.now()).toBe(1_000);
  });
});
