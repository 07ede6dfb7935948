// A bounded waiting room before a fixed number of places: full means a refusal, never growth.

export interface SemaphoreOptions {
  readonly places: number;
  /** Who comes when so many wait already is refused at once. */
  readonly maxWaiting: number;
  /** Who has waited so long is refused. */
  readonly maxWaitMs: number;
  /** What the refused get. */
  readonly refusal: () => Error;
}

export interface Semaphore {
  /** Runs `work` when a place is free, in the order of arrival. Rejects with the refusal where `work` never began. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

interface Waiting {
  readonly until: number;
  enter(): void;
  refuse(error: Error): void;
}

export function createSemaphore({ places, maxWaiting, maxWaitMs, refusal }: SemaphoreOptions): Semaphore {
  let free = places;
  // A Set keeps the order of arrival, which is that of `until` too.
  const queue = new Set<Waiting>();
  let timer: ReturnType<typeof setTimeout> | undefined;

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

  function wait(): Promise<void> {
    if (queue.size >= maxWaiting) return Promise.reject(refusal());
    return new Promise((enter, refuse) => {
      queue.add({ until: performance.now() + maxWaitMs, enter, refuse });
      watch();
    });
  }

  /** Hands the place to the one who waits longest. */
  function leave(): void {
    const [next] = queue;
    if (!next) {
      free += 1;
      return;
    }
    queue.delete(next);
    next.enter();
  }

  return {
    async run(work) {
      if (free > 0) free -= 1;
      else await wait();
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
