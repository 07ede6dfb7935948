// Answers that come no sooner than the slowest work would bring them, so that how long one takes tells nothing of what was
// done for it.

export interface TimeFloor {
  /** Work of the kind took so long: the floor is to be above that. */
  observe(ms: number): void;
  /** How long after its beginning work may be answered: milliseconds. */
  readonly ms: number;
  /** Resolves when that has passed since `startedAt`, a moment of `performance.now()`. */
  reach(startedAt: number): Promise<void>;
}

export interface TimeFloorOptions {
  readonly atLeastMs: number;
  /** It is not raised beyond this: nobody is to wait for ever because a machine once stood still. */
  readonly atMostMs: number;
}

/** How far the floor is above the slowest that was seen. */
const MARGIN = 1.5;
/** What is left of what was seen, after each further observation: a floor that was raised by a hiccup comes down again. */
const MEMORY = 0.998;

export function createTimeFloor({ atLeastMs, atMostMs }: TimeFloorOptions): TimeFloor {
  let slowest = 0;

  function floor(): number {
    return Math.min(atMostMs, Math.max(atLeastMs, slowest * MARGIN));
  }

  return {
    observe(ms) {
      slowest = Math.max(ms, slowest * MEMORY);
    },
    get ms() {
      return floor();
    },
    async reach(startedAt) {
      // Timers may be early by a part of a millisecond.
      for (let left = startedAt + floor() - performance.now(); left > 0; ) {
        const wait = left;
        await new Promise((resolve) => setTimeout(resolve, Math.ceil(wait)));
        left = startedAt + floor() - performance.now();
      }
    },
  };
}
