// A clock that a test moves by hand. Time does not pass by itself.
import type { Cancel, Clock } from './clock.ts';

export interface FakeClock extends Clock {
  /** Moves on by `ms`. Runs what was deferred, then each timer at its time, in order, and what these defer. */
  advance(ms: number): void;
  /** Runs what was deferred, and what that defers, without moving on. */
  turn(): void;
  /** Sets the clock forwards by `ms` (negative: back): `now()` jumps, and nothing else. */
  set(ms: number): void;
}

interface Timer {
  at: number;
  /** 0 for a timer that fires once. */
  readonly interval: number;
  readonly run: () => void;
}

/** `start` is the first value of `now()`: milliseconds since 1970. */
export function createFakeClock(start = 1_700_000_000_000): FakeClock {
  let now = start;
  let setBy = 0;
  let deferred: Array<() => void> = [];
  // In the order of creation, which decides between two that are due at the same time.
  const timers = new Set<Timer>();

  function add(ms: number, interval: number, run: () => void): Cancel {
    const timer = { at: now + ms, interval, run };
    timers.add(timer);
    return () => timers.delete(timer);
  }

  function turn(): void {
    while (deferred.length > 0) {
      const runs = deferred;
      deferred = [];
      for (const run of runs) run();
    }
  }

  function firstDue(until: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of timers) if (timer.at <= until && (!first || timer.at < first.at)) first = timer;
    return first;
  }

  return {
    now: () => now + setBy,
    monotonic: () => now,
    after: (ms, run) => add(Math.max(0, ms), 0, run),
    every: (ms, run) => add(Math.max(1, ms), Math.max(1, ms), run),
    defer(run) {
      deferred.push(run);
    },
    turn,
    set(ms) {
      setBy += ms;
    },
    advance(ms) {
      turn();
      const until = now + ms;
      for (let timer = firstDue(until); timer; timer = firstDue(until)) {
        now = Math.max(now, timer.at);
        if (timer.interval > 0) timer.at += timer.interval;
        else timers.delete(timer);
        timer.run();
        turn();
      }
      now = until;
    },
  };
}
