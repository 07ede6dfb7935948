// One deadline for all that is done for one request: taken when it arrives and carried along, so that waits never add up.
// One timer watches over any number of them, and runs only while something is under way.

/** A moment on the monotonic clock, `performance.now()`: nobody sets that one back. */
export type Deadline = number;

export function deadlineIn(ms: number): Deadline {
  return performance.now() + ms;
}

export function isPast(deadline: Deadline): boolean {
  return performance.now() >= deadline;
}

/** What is to be over by its deadline, which may still move. */
export interface Expiring {
  readonly deadline: Deadline;
  /** Called once, where it was not removed before. */
  expire(): void;
}

export interface Deadlines {
  add(item: Expiring): void;
  /** Nothing where it is not there (any more). */
  remove(item: Expiring): void;
}

/** `stepMs` is how late a deadline may be noticed. */
export function createDeadlines(stepMs: number): Deadlines {
  const items = new Set<Expiring>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function watch(): void {
    if (timer === undefined && items.size > 0) timer = setTimeout(check, stepMs);
  }

  function check(): void {
    timer = undefined;
    const now = performance.now();
    for (const item of items) {
      if (item.deadline > now) continue;
      items.delete(item);
      item.expire();
    }
    watch();
  }

  return {
    add(item) {
      items.add(item);
      watch();
    },
    remove(item) {
      items.delete(item);
    },
  };
}

/** What `work` comes to; rejects with `late()` where that is not known by the deadline. The work itself goes on. */
export function inTime<T>(deadlines: Deadlines, deadline: Deadline, work: Promise<T>, late: () => unknown): Promise<T> {
  if (deadline === Number.POSITIVE_INFINITY) return work;
  return new Promise((resolve, reject) => {
    const item = { deadline, expire: () => reject(late()) };
    deadlines.add(item);
    work.then(resolve, reject).finally(() => deadlines.remove(item));
  });
}
