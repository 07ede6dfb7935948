// Answers a call in time even if something hangs: one deadline, set when it arrives, covers all work for it.
import { createDeadlines, type Deadline, deadlineIn, type Expiring, isPast } from '../lib/deadline.ts';
import { NOWHERE } from '../lib/timetable.ts';
import { ChatError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';

/** How long after its deadline a call may learn that it took too long. */
const LATE_BY_MS = 250;

/** The time that is left for one call. */
export class CallTime implements Expiring {
  deadline: Deadline = deadlineIn(LIMITS.ANSWER_MS);
  place = NOWHERE;
  readonly expire: () => void;

  constructor(expire: () => void) {
    this.expire = expire;
  }

  /** Waits for what the client sends. The deadline stands still meanwhile, because the server limits that time. */
  async ofClient<T>(work: Promise<T>): Promise<T> {
    const left = this.deadline - performance.now();
    this.deadline = Number.POSITIVE_INFINITY;
    try {
      return await work;
    } finally {
      this.deadline = deadlineIn(left);
    }
  }

  /** Throws if the deadline has passed, so that no work begins for a call that was already refused. */
  assertNotOver(): void {
    if (isPast(this.deadline)) throw tooLate();
  }
}

/**
 * Returns the result of `work`. Rejects with UNAVAILABLE when the time is over. A step that is under way then goes on,
 * but no further step begins.
 */
export type InTime = <T>(work: (time: CallTime) => Promise<T>) => Promise<T>;

export function createInTime(): InTime {
  const deadlines = createDeadlines(LATE_BY_MS);
  return (work) =>
    new Promise((resolve, reject) => {
      const time = new CallTime(() => reject(tooLate()));
      deadlines.add(time);
      work(time).then(
        (result) => {
          deadlines.remove(time);
          resolve(result);
        },
        (error: unknown) => {
          deadlines.remove(time);
          reject(error);
        },
      );
    });
}

function tooLate(): ChatError {
  return new ChatError('UNAVAILABLE', 'It took too long: try again');
}
