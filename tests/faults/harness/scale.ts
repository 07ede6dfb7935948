// How much of everything: a quick run by default, the full one with FULL=1.

export const FULL = process.env.FULL === '1';

/** The one figure in a quick run, the other in a full one. */
export function sized<T>(quick: T, full: T): T {
  return FULL ? full : quick;
}

/** For a test that ends by what happens, not by the time: when to give it up. */
export const TIME_LIMIT_MS = sized(120_000, 400_000);
