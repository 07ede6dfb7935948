// A bounded waiting room before a fixed number of places. If it is full it refuses and never grows, and nobody waits
// for ever. The caller decides who goes first, and who is refused if it is full.

export interface WaitingRoomOptions {
  readonly places: number;
  /** If this many wait already, one of them or the newcomer is refused at once. */
  readonly maxWaiting: number;
  /** A guest who has waited this long is refused. */
  readonly maxWaitMs: number;
  /** The error that the refused get. */
  readonly refusal: () => Error;
}

/** A guest who waits, with what the order goes by. */
export interface Waiting<Guest> {
  readonly guest: Guest;
  /** Milliseconds of `performance.now()`. */
  readonly until: number;
  enter(): void;
  refuse(error: Error): void;
}

/** A Set keeps the order of arrival, which is also the order of `until`. */
export type Line<Guest> = ReadonlySet<Waiting<Guest>>;

export interface WaitingOrder<Guest> {
  /** Who gets the free place. Undefined if nobody waits. */
  first(line: Line<Guest>): Waiting<Guest> | undefined;
  /** Who is refused if the room is full. Undefined if it is the newcomer. */
  last(line: Line<Guest>, newcomer: Waiting<Guest>): Waiting<Guest> | undefined;
}

export function createWaitingRoom<Guest>(
  { places, maxWaiting, maxWaitMs, refusal }: WaitingRoomOptions,
  order: WaitingOrder<Guest>,
) {
  const line = new Set<Waiting<Guest>>();
  let free = places;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function watch(): void {
    const [first] = line;
    if (timer !== undefined || !first) return;
    timer = setTimeout(() => {
      timer = undefined;
      refuseLate();
      watch();
    }, first.until - performance.now());
  }

  /** Also called without the timer, which a busy process runs late: who is late keeps no place, and gets none. */
  function refuseLate(): void {
    const now = performance.now();
    for (const waiting of line) {
      if (waiting.until > now) break;
      line.delete(waiting);
      waiting.refuse(refusal());
    }
  }

  function wait(guest: Guest): Promise<void> {
    return new Promise((enter, refuse) => {
      const newcomer = { guest, until: performance.now() + maxWaitMs, enter, refuse };
      if (line.size >= maxWaiting) refuseLate();
      if (line.size >= maxWaiting) {
        const refused = order.last(line, newcomer) ?? newcomer;
        line.delete(refused);
        refused.refuse(refusal());
        if (refused === newcomer) return;
      }
      line.add(newcomer);
      watch();
    });
  }

  function leave(): void {
    refuseLate();
    const next = order.first(line);
    if (!next) {
      free += 1;
      return;
    }
    line.delete(next);
    next.enter();
  }

  return {
    /** Runs `work` when a place is free. Rejects with the refusal if `work` never began. */
    async run<T>(guest: Guest, work: () => Promise<T>): Promise<T> {
      if (free > 0) free -= 1;
      else await wait(guest);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
