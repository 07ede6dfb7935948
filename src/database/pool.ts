// postgres.js as drizzle's client, with what it lacks: a bounded queue, time limits, and fresh connections where the
// present ones no longer answer.
import type { Sql } from 'postgres';
import { createDeadlines } from './deadlines.ts';
import { DatabaseTimeout } from './errors.ts';
import { createGate } from './gate.ts';
import { type Link, type LinkRules, lazily, query, type Statements, transaction, type Work } from './link.ts';

export interface PoolLimits extends Pick<LinkRules, 'sendMs' | 'answerMs'> {
  /** Statements that may wait for a connection, and how long. */
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  /** How long statements on abandoned connections may still go on. */
  readonly graceMs: number;
}

export const POOL_LIMITS: PoolLimits = {
  maxWaiting: 10_000,
  maxWaitMs: 5_000,
  sendMs: 6_000,
  answerMs: 15_000,
  graceMs: 5_000,
};

export interface Pool {
  /** What drizzle takes as its client: the part of postgres.js that its session calls. */
  readonly client: Sql;
  /** Lets running statements end within the grace. */
  end(): Promise<void>;
}

/** `open` makes a postgres.js instance of at most `size` connections. */
export function createPool(open: () => Sql, size: number, limits: PoolLimits): Pool {
  const gate = createGate({ places: size, ...limits, refusal: () => new DatabaseTimeout('no connection became free') });
  const graceSeconds = limits.graceMs / 1000;
  let current = open();
  let ended = false;

  /**
   * postgres.js cannot cut one connection, a silent peer never closes it, and one that was closed in the middle of a write
   * may connect anew only after several attempts: so all of them are replaced.
   */
  function abandon(pool: Sql): void {
    if (ended || pool !== current) return;
    current = open();
    // Never rejects: what still runs after the grace is rejected where it was called.
    void pool.end({ timeout: graceSeconds });
  }

  const startDeadline = createDeadlines(Math.min(500, limits.answerMs / 4));
  const rules = { ...limits, startDeadline, onLost: abandon };
  const onLink = <T>(work: (link: Link) => Promise<T>) => gate.run(() => work({ pool: current, rules }));

  const client: Statements & { begin(work: Work): Promise<unknown>; options: object } = {
    // drizzle registers its parsers here; those of postgres.ts do the same, on every instance.
    options: { parsers: {}, serializers: {} },
    unsafe: (text, values = []) =>
      lazily((asArrays) => onLink((link) => query(link, link.pool, text, values, asArrays))),
    begin: (work) => onLink((link) => transaction(link, (inner) => link.pool.begin(inner), work)),
  };
  return {
    client: client as unknown as Sql,
    end() {
      ended = true;
      return current.end({ timeout: graceSeconds });
    },
  };
}
