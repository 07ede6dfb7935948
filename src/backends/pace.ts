// Keeps a distance between batches, so that a rush makes few large ones. What comes alone waits for nothing.

/** Resolves when the next batch may leave: at once where the last one left long enough ago. */
export type Pace = () => Promise<void>;

/** Short beside the round trip of a handshake, long enough for tens of connections of a rush to come together. */
const DISTANCE_MS = 10;

export function createPace(distanceMs = DISTANCE_MS): Pace {
  let next = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    const wait = next - now;
    next = Math.max(now, next) + distanceMs;
    return wait <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, wait));
  };
}
