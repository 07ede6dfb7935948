// Keeps a distance between batches, so that a rush makes few large ones. One or a few at a time do not wait.

/** Resolves when the next batch may leave: at once if few left lately. */
export type Spacing = () => Promise<void>;

/** Short compared to the round trip of a handshake. Long enough to gather tens of connections of a rush. */
const DISTANCE_MS = 10;
/** What a few clients at a time ask for in a row: to sign in, to join, to join another, to leave. */
const BURST = 16;

/**
 * A batch may leave `distanceMs` after the one before. Up to `burst` batches may leave sooner (the generic cell rate
 * algorithm, ITU-T I.371).
 */
export function createSpacing(distanceMs = DISTANCE_MS, burst = BURST): Spacing {
  let due = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    const earliest = Math.max(now, due - (burst - 1) * distanceMs);
    due = Math.max(now, due) + distanceMs;
    return earliest <= now ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, earliest - now));
  };
}

/** Resolves after this turn of the event loop: what else arrives in it leaves together. */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
