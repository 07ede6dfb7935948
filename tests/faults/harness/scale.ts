// How large a run is: quick by default, full with FULL=1.

export const FULL = process.env.FULL === '1';

/** Returns the first value in a quick run, the second in a full one. */
export function sized<T>(quick: T, full: T): T {
  return FULL ? full : quick;
}

/** The time limit of a test that ends by an event and not by time. */
export const TIME_LIMIT_MS = sized(120_000, 400_000);
