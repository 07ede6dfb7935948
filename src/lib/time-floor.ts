// Delays answers until the slowest work would be done too, so that their time does not reveal what was done.

interface TimeFloorOptions {
  readonly atLeastMs: number;
  /** The floor is never raised beyond this, because nobody should wait for ever after a machine once stood still. */
  readonly atMostMs: number;
}

/** How far the floor is above the slowest work seen. */
const MARGIN = 1.5;
/** How much each further observation keeps of the former ones: a floor raised by a hiccup comes down again. */
const MEMORY = 0.998;

export function createTimeFloor({ atLeastMs, atMostMs }: TimeFloorOptions) {
  let slowest = 0;

  function floor(): number {
    return Math.min(atMostMs, Math.max(atLeastMs, slowest * MARGIN));
  }

  return {
    /** Work of this kind took this long, so the floor must be above that. */
    observe(ms: number): void {
      slowest = Math.max(ms, slowest * MEMORY);
    },
    /** Milliseconds after its beginning at which work may be answered. */
    get ms(): number {
      return floor();
    },
    /** Resolves when that has passed since `startedAt`, a moment of `performance.now()`. */
    async reach(startedAt: number): Promise<void> {
      // Timers may be early by a part of a millisecond.
      for (let left = startedAt + floor() - performance.now(); left > 0; ) {
        const wait = left;
        await new Promise((resolve) => setTimeout(resolve, Math.ceil(wait)));
        left = startedAt + floor() - performance.now();
      }
    },
  };
}
