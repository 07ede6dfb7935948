// Choices that a seed repeats.

export interface Random {
  /** From 0 up to, but not, 1. */
  next(): number;
  upTo(limit: number): number;
  pick<T>(items: readonly T[]): T;
}

/** Mulberry32: small, and good enough to choose faults. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  return {
    next,
    upTo: (limit) => next() * limit,
    pick: (items) => items[Math.floor(next() * items.length)] as (typeof items)[number],
  };
}
