// Random choices that a seed repeats.

export interface Random {
  /** From 0 up to, but not including, 1. */
  next(): number;
  upTo(limit: number): number;
  pick<T>(items: readonly T[]): T;
}

/**
 * Mulberry32: small, and good enough to choose faults. Each `stream` of a seed has its own numbers, so that the number
 * of calls to one does not change the others.
 */
export function createRandom(seed: number, stream = ''): Random {
  let state = mix(seed, stream);
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

/** FNV-1a over the stream's name, starting with the seed. */
function mix(seed: number, stream: string): number {
  let state = (seed ^ 0x811c9dc5) >>> 0;
  for (let at = 0; at < stream.length; at += 1) state = Math.imul(state ^ stream.charCodeAt(at), 0x01000193) >>> 0;
  return state;
}
