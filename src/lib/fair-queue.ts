// A bounded waiting room before a fixed number of places, in which who did badly lately waits behind who did not, and who
// asks a lot behind who asks little: a crowd that is turned away again and again starves nobody else.

export interface FairQueueOptions {
  readonly places: number;
  /** Who comes when so many wait already is refused at once, or goes in place of one that is worse. */
  readonly maxWaiting: number;
  /** Who has waited so long is refused. */
  readonly maxWaitMs: number;
  /** What the refused get. */
  readonly refusal: () => Error;
  /** How long a blame is remembered, and of how many keys: beyond that the oldest is forgotten. */
  readonly memoryMs: number;
  readonly maxKeys: number;
}

export interface FairQueue {
  /**
   * Runs `work` when a place is free. `keys` are whom it is done for, what counts most first: where two do equally well by
   * the first, the second decides. Rejects with the refusal where `work` never began.
   */
  run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T>;
  /** These did badly: whatever waits for them, or comes for them later, goes behind the others. */
  blame(keys: readonly string[]): void;
}

interface Waiting {
  readonly keys: readonly string[];
  /** By key: how many others were there for it when this came. */
  readonly crowds: readonly number[];
  readonly until: number;
  enter(): void;
  refuse(error: Error): void;
}

export function createFairQueue(options: FairQueueOptions): FairQueue {
  const { places, maxWaiting, maxWaitMs, refusal } = options;
  const blames = createBlames(options);
  /** By key: how many wait or are being served. */
  const present = new Map<string, number>();
  // A Set keeps the order of arrival, which is that of `until` too.
  const queue = new Set<Waiting>();
  let free = places;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function isBetter(one: Waiting, other: Waiting): boolean {
    for (let at = 0; at < Math.max(one.keys.length, other.keys.length); at++) {
      const difference = blames.of(one.keys[at]) - blames.of(other.keys[at]) || crowdAt(one, at) - crowdAt(other, at);
      if (difference !== 0) return difference < 0;
    }
    return false;
  }

  function watch(): void {
    const [first] = queue;
    if (timer === undefined && first) timer = setTimeout(refuseLate, first.until - performance.now());
  }

  function refuseLate(): void {
    timer = undefined;
    const now = performance.now();
    for (const waiting of queue) {
      if (waiting.until > now) break;
      queue.delete(waiting);
      waiting.refuse(refusal());
    }
    watch();
  }

  function wait(keys: readonly string[], crowds: readonly number[]): Promise<void> {
    return new Promise((enter, refuse) => {
      const waiting = { keys, crowds, until: performance.now() + maxWaitMs, enter, refuse };
      if (queue.size >= maxWaiting && !replaceWorst(waiting)) return refuse(refusal());
      queue.add(waiting);
      watch();
    });
  }

  /** Of those who are equally bad the last one goes. False where nobody is worse than the newcomer. */
  function replaceWorst(newcomer: Waiting): boolean {
    let worst: Waiting | undefined;
    for (const waiting of queue) if (!worst || !isBetter(waiting, worst)) worst = waiting;
    if (!worst || !isBetter(newcomer, worst)) return false;
    queue.delete(worst);
    worst.refuse(refusal());
    return true;
  }

  /** Hands the place to the best; of those who are equally good to the one who waits longest. */
  function leave(): void {
    let best: Waiting | undefined;
    for (const waiting of queue) if (!best || isBetter(waiting, best)) best = waiting;
    if (!best) {
      free += 1;
      return;
    }
    queue.delete(best);
    best.enter();
  }

  function count(keys: readonly string[], step: 1 | -1): void {
    for (const key of keys) {
      const number = (present.get(key) ?? 0) + step;
      if (number > 0) present.set(key, number);
      else present.delete(key);
    }
  }

  return {
    async run(keys, work) {
      const crowds = keys.map((key) => present.get(key) ?? 0);
      count(keys, 1);
      try {
        if (free > 0) free -= 1;
        else await wait(keys, crowds);
        try {
          return await work();
        } finally {
          leave();
        }
      } finally {
        count(keys, -1);
      }
    },
    blame: blames.add,
  };
}

function crowdAt({ crowds }: Waiting, at: number): number {
  return crowds[at] ?? 0;
}

/** How often each key was blamed lately. */
function createBlames({ memoryMs, maxKeys }: Pick<FairQueueOptions, 'memoryMs' | 'maxKeys'>) {
  // The longest not blamed first.
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
