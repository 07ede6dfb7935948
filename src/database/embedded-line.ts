// The queue of the embedded database, which does one thing at a time. It is bounded, and nobody waits in it for ever.
import type { PGlite } from '@electric-sql/pglite';
import { createDeadlines, type Deadline, deadlineIn, inTime, isPast } from '../lib/deadline.ts';
import { createSemaphore } from '../lib/semaphore.ts';
import { DatabaseBusy } from './errors.ts';

/** The part of PGlite that drizzle calls. */
export type Statements = Pick<PGlite, 'query' | 'transaction'>;

/** The same as for a server: see POOL_LIMITS. */
const LIMITS = { maxWaiting: 10_000, totalMs: 8_000 };

/** What has waited too long rejects with DatabaseBusy, and is not begun, or not committed. */
export function inLine(client: Statements, { maxWaiting, totalMs }: Readonly<typeof LIMITS> = LIMITS): Statements {
  const deadlines = createDeadlines(Math.min(250, totalMs / 4));
  const refusal = () => new DatabaseBusy('others are before this');
  const semaphore = createSemaphore({ places: 1, maxWaiting, maxWaitMs: totalMs, refusal });

  function within<T>(run: (deadline: Deadline) => Promise<T>): Promise<T> {
    const deadline = deadlineIn(totalMs);
    const done = semaphore.run(() => run(deadline));
    return inTime(deadlines, deadline, done, () => new DatabaseBusy('no answer in time'));
  }

  return {
    query: (...given) => within(() => client.query(...given)) as never,
    transaction: (work) =>
      within((deadline) =>
        client.transaction(async (tx) => {
          const value = await work(tx);
          // Rolled back, so that nobody who was told that it failed finds it done.
          if (isPast(deadline)) throw new DatabaseBusy('the time for it was over');
          return value;
        }),
      ),
  };
}
