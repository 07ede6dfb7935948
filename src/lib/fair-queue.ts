// A fixed number of places (see waiting-room.ts). Those blamed lately wait behind the others, and those who ask a lot
// wait behind those who ask little. So a crowd that is turned away again and again starves nobody else.
import { createWaitingRoom, type Line, type Waiting, type WaitingRoomOptions } from './waiting-room.ts';

export interface FairQueueOptions extends WaitingRoomOptions {
  /** How long a blame is remembered, and for how many keys. Beyond that the oldest is forgotten. */
  readonly memoryMs: number;
  readonly maxKeys: number;
}

interface Guest {
  readonly keys: readonly string[];
  /** For each key, how many others were there when this came. */
  readonly crowds: readonly number[];
}

export function createFairQueue(options: FairQueueOptions) {
  const blames = createBlames(options);
  const room = createWaitingRoom<Guest>(options, { first: best, last: worse });
  /** For each key, how many wait or are being served. */
  const present = new Map<string, number>();

  function isBetter({ guest: one }: Waiting<Guest>, { guest: other }: Waiting<Guest>): boolean {
    for (let at = 0; at < Math.max(one.keys.length, other.keys.length); at++) {
      const difference = blames.of(one.keys[at]) - blames.of(other.keys[at]) || crowdAt(one, at) - crowdAt(other, at);
      if (difference !== 0) return difference < 0;
    }
    return false;
  }

  /** The one of the best that has waited longest. */
  function best(line: Line<Guest>): Waiting<Guest> | undefined {
    let found: Waiting<Guest> | undefined;
    for (const waiting of line) if (!found || isBetter(waiting, found)) found = waiting;
    return found;
  }

  /** The last of the worst. Undefined if nobody is worse than the newcomer. */
  function worse(line: Line<Guest>, newcomer: Waiting<Guest>): Waiting<Guest> | undefined {
    let worst: Waiting<Guest> | undefined;
    for (const waiting of line) if (!worst || !isBetter(waiting, worst)) worst = waiting;
    return worst && isBetter(newcomer, worst) ? worst : undefined;
  }

  function count(keys: readonly string[], step: 1 | -1): void {
    for (const key of keys) {
      const number = (present.get(key) ?? 0) + step;
      if (number > 0) present.set(key, number);
      else present.delete(key);
    }
  }

  return {
    /**
     * Runs `work` when a place is free. `keys` say for whom, the most important first: if two are equal by the first,
     * the second decides. Rejects with the refusal if `work` never began.
     */
    async run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
      const crowds = keys.map((key) => present.get(key) ?? 0);
      count(keys, 1);
      try {
        return await room.run({ keys, crowds }, work);
      } finally {
        count(keys, -1);
      }
    },
    /** Blames these keys: whatever waits for them, or comes for them later, goes behind the others. */
    blame: blames.add,
  };
}

function crowdAt({ crowds }: Guest, at: number): number {
  return crowds[at] ?? 0;
}

/** How often each key was blamed lately. */
function createBlames({ memoryMs, maxKeys }: Pick<FairQueueOptions, 'memoryMs' | 'maxKeys'>) {
  // Ordered: those not blamed for longest come first.
  const blamed = new Map<string, { times: number; until: number }>();

  function times(key: string): number {
    const known = blamed.get(key);
    if (!known) return 0;
    if (known.until > performance.now()) return known.times;
    blamed.delete(key);
    return 0;
  }

  return {
    of: (key: string | undefined) => (key === undefined ? 0 : times(key)),
    add(keys: readonly string[]): void {
      for (const key of keys) {
        const known = times(key);
        blamed.delete(key);
        blamed.set(key, { times: known + 1, until: performance.now() + memoryMs });
        if (blamed.size > maxKeys) blamed.delete(blamed.keys().next().value as string);
      }
    },
  };
}
