// How much time is left for one call: what waits for the client does not count.
import { type Deadline, deadlineIn, type Expiring } from '../lib/deadline.ts';
import { LIMITS } from '../protocol/limits.ts';

/** The time of one call. */
export class CallTime implements Expiring {
  deadline: Deadline = deadlineIn(LIMITS.ANSWER_MS);
  expire: () => void = () => {};

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
}
