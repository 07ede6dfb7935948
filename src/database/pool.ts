// postgres.js as drizzle's client, with what it lacks: a bounded queue, time limits, and fresh connections if the
// present ones no longer answer.
import type { Sql } from 'postgres';
import { createDeadlines, deadlineIn, inTime } from '../lib/deadline.ts';
import { createSemaphore } from '../lib/semaphore.ts';
import { DatabaseBusy, isBusy, isReadOnly } from './errors.ts';
import { type Link, type LinkRules, lazily, query, type Statements, transaction, type Work } from './link.ts';
import { createRefusals, type Refusals } from './refusals.ts';

/** A connection that is not made within `sendMs`, or does not answer within `answerMs`, is given up. */
export interface PoolLimits extends Pick<LinkRules, 'sendMs' | 'answerMs'> {
  /**
   * From the call to its answer, whatever it waits for, for a statement or for a whole transaction. A call that waited
   * for a connection may fail before the connection is given up.
   */
  readonly totalMs: number;
  /** How many statements may wait for a connection, and how long. */
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  /** How long statements on abandoned connections may still run. */
  readonly graceMs: number;
}

export const POOL_LIMITS: PoolLimits = {
  maxWaiting: 10_000,
  maxWaitMs: 5_000,
  sendMs: 6_000,
  answerMs: 8_000,
  // Less than LIMITS.ANSWER_MS, so that what hangs is told from what is only slow.
  totalMs: 8_000,
  graceMs: 5_000,
};

/** The least time before a server that cannot be written to is left again. */
const LEAVE_AGAIN_MS = 1_000;

/**
 * `open` makes a postgres.js instance of at most `size` connections. `refusals` gets the outcome of every statement.
 */
export function createPool(open: () => Sql, size: number, limits: PoolLimits, refusals: Refusals = createRefusals()) {
  const semaphore = createSemaphore({
    places: size,
    ...limits,
    refusal: () => new DatabaseBusy('no connection became free'),
  });
  const graceSeconds = limits.graceMs / 1000;
  let current = open();
  let ended = false;
  let leftAt = Number.NEGATIVE_INFINITY;

  /**
   * postgres.js cannot cut one connection, a silent peer never closes it, and one that was closed in the middle of a
   * write may need several attempts to connect again. So all of them are replaced.
   */
  function abandon(pool: Sql): void {
    if (ended || pool !== current) return;
    current = open();
    // Never rejects. Statements that still run after the grace period reject for their callers.
    void pool.end({ timeout: graceSeconds });
  }

  /**
   * Sends new statements over new connections, which may lead to another server: the present one cannot be written to.
   */
  function leave(): void {
    const now = performance.now();
    if (now - leftAt < LEAVE_AGAIN_MS) return;
    leftAt = now;
    abandon(current);
  }

  function onLost(pool: Sql, error: unknown): void {
    if (!isReadOnly(error)) abandon(pool);
    else if (pool === current) leave();
  }

  const deadlines = createDeadlines(Math.min(250, limits.answerMs / 4));
  const rules = { ...limits, deadlines, onLost, refusals };
  const onLink = <T>(work: (link: Link) => Promise<T>) => {
    const deadline = deadlineIn(limits.totalMs);
    const done = semaphore.run(() => work({ pool: current, rules, deadline }));
    return inTime(deadlines, deadline, done, () => new DatabaseBusy('no answer in time')).catch((error: unknown) => {
      if (isBusy(error)) refusals.failed('', error);
      throw error;
    });
  };

  const client: Statements & { begin(work: Work): Promise<unknown>; options: object } = {
    // drizzle registers its parsers here. Those of postgres.ts do the same on every instance.
    options: { parsers: {}, serializers: {} },
    unsafe: (text, values = []) =>
      lazily((asArrays) => onLink((link) => query(link, link.pool, text, values, asArrays))),
    begin: (work) => onLink((link) => transaction(link, (inner) => link.pool.begin(inner), work)),
  };
  return {
    /** drizzle's client: the part of postgres.js that its session calls. */
    client: client as unknown as Sql,
    leave,
    /** Lets running statements end within the grace period. */
    end(): Promise<void> {
      ended = true;
      return current.end({ timeout: graceSeconds });
    },
  };
}
