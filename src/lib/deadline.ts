// One deadline for all that is done for one request: set when it arrives and passed along, so that waits never add up.
// One timer watches any number of deadlines, and runs only while something is under way.
import { NOWHERE, type Scheduled } from './timetable.ts';

/** A moment of the monotonic clock, `performance.now()`, which nobody can set back. */
export type Deadline = number;

export function deadlineIn(ms: number): Deadline {
  return performance.now() + ms;
}

export function isPast(deadline: Deadline): boolean {
  return performance.now() >= deadline;
}

/** Something that must end by its deadline. The deadline may still move. */
export interface Expiring extends Scheduled {
  readonly deadline: Deadline;
  /** Called once, unless it was removed before. */
  expire(): void;
}

export type Deadlines = ReturnType<typeof createDeadlines>;

/** A deadline is noticed at most `stepMs` late. */
export function createDeadlines(stepMs: number) {
  // An array whose gaps are filled by the last item, not a Set: when V8 rebuilds the table of a Set, the former table
  // refers to the new one and to all that was in it. Once one of them is in the old generation, all later ones stay
  // until that is collected, with every request of that time.
  const items: Expiring[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  function watch(): void {
    if (timer === undefined && items.length > 0) timer = setTimeout(check, stepMs);
  }

  function check(): void {
    timer = undefined;
    const now = performance.now();
    for (const item of items.filter(({ deadline }) => deadline <= now)) {
      // An earlier one may have removed it.
      if (item.place === NOWHERE) continue;
      remove(item);
      item.expire();
    }
    watch();
  }

  /** Does nothing if the item is not there (any more). */
  function remove(item: Expiring): void {
    const { place } = item;
    if (place === NOWHERE) return;
    const last = items.pop() as Expiring;
    if (last !== item) {
      items[place] = last;
      last.place = place;
    }
    item.place = NOWHERE;
  }

  return {
    /** Takes an item whose place is NOWHERE. */
    add(item: Expiring): void {
      item.place = items.length;
      items.push(item);
      watch();
    },
    remove,
  };
}

/** Settles as `work` does. Rejects with `late()` if that has not settled by the deadline. The work itself goes on. */
export function inTime<T>(deadlines: Deadlines, deadline: Deadline, work: Promise<T>, late: () => unknown): Promise<T> {
  if (deadline === Number.POSITIVE_INFINITY) return work;
  return new Promise((resolve, reject) => {
    const item = { deadline, place: NOWHERE, expire: () => reject(late()) };
    deadlines.add(item);
    work.then(resolve, reject).finally(() => deadlines.remove(item));
  });
}
