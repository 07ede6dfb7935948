// One deadline for all that is done for one request: set when it arrives and passed along, so that waits never add up.
// One timer watches any number of deadlines, and runs only while something is under way.

/** A moment of the monotonic clock, `performance.now()`, which nobody can set back. */
export type Deadline = number;

export function deadlineIn(ms: number): Deadline {
  return performance.now() + ms;
}

export function isPast(deadline: Deadline): boolean {
  return performance.now() >= deadline;
}

/** Something that must end by its deadline. The deadline may still move. */
export interface Expiring {
  readonly deadline: Deadline;
  /** Called once, unless it was removed before. */
  expire(): void;
}

export interface Deadlines {
  add(item: Expiring): void;
  /** Does nothing if the item is not there (any more). */
  remove(item: Expiring): void;
}

/** A deadline is noticed at most `stepMs` late. */
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

/** Settles as `work` does. Rejects with `late()` if that has not settled by the deadline. The work itself goes on. */
export function inTime<T>(deadlines: Deadlines, deadline: Deadline, work: Promise<T>, late: () => unknown): Promise<T> {
  if (deadline === Number.POSITIVE_INFINITY) return work;
  return new Promise((resolve, reject) => {
    const item = { deadline, expire: () => reject(late()) };
    deadlines.add(item);
    work.then(resolve, reject).finally(() => deadlines.remove(item));
  });
}
