// A call is answered in time whatever hangs: one deadline, taken when it comes, for everything that is done for it.
import { createDeadlines, type Deadline, deadlineIn, type Expiring, isPast } from '../lib/deadline.ts';
import { ChatError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';

/** How late a call that is not answered in time hears so. */
const LATE_BY_MS = 250;

/** What is left of the time of one call. */
export class CallTime implements Expiring {
  deadline: Deadline = deadlineIn(LIMITS.ANSWER_MS);
  readonly expire: () => void;

  constructor(expire: () => void) {
    this.expire = expire;
  }

  /** Waits for what the client has to send, which is not our time: the server limits that. */
  async ofClient<T>(work: Promise<T>): Promise<T> {
    const left = this.deadline - performance.now();
    this.deadline = Number.POSITIVE_INFINITY;
    try {
      return await work;
    } finally {
      this.deadline = deadlineIn(left);
    }
  }

  /** Throws if the client has been told already that it took too long: for places behind which the work begins. */
  assertNotOver(): void {
    if (isPast(this.deadline)) throw tooLate();
  }
}

/**
 * Gives what `work` comes to. Rejects with UNAVAILABLE when the time is over; what is under way then goes on, but begins
 * nothing more.
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
