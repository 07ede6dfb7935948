// Keeps a distance between batches, so that a rush makes few large ones. What comes alone or a few at a time does not wait.

/** Resolves when the next batch may leave: at once where few left lately. */
export type Spacing = () => Promise<void>;

/** Short beside the round trip of a handshake, long enough for tens of connections of a rush to come together. */
const DISTANCE_MS = 10;
/** What some clients at a time ask for in a row: to sign in, to join, to join another, to leave. */
const BURST = 16;

/**
 * A batch may leave `distanceMs` after the one before, or sooner as long as no more than `burst` leave sooner (the generic
 * cell rate algorithm, ITU-T I.371).
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

/** Resolves after this turn of the event loop: what else comes in it leaves together. */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
