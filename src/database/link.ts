// Statements and transactions on one connection of postgres.js. None of them waits for ever or outlives a lost link.
import type { Sql, TransactionSql } from 'postgres';
import { type Deadline, type Deadlines, isPast } from '../lib/deadline.ts';
import { NOWHERE } from '../lib/timetable.ts';
import { DatabaseBusy, DatabaseTimeout, isLinkLost, isReadOnly } from './errors.ts';
import type { Refusals } from './refusals.ts';

export interface LinkRules {
  /** From the beginning until the statement is sent: the time to connect. */
  readonly sendMs: number;
  /** From the beginning until the answer. Longer than the server's own statement timeout, which usually comes first. */
  readonly answerMs: number;
  readonly deadlines: Deadlines;
  /** Called with the postgres.js instance that lost a connection, or whose server is of no use. */
  readonly onLost: (pool: Sql, error: unknown) => void;
  readonly refusals: Pick<Refusals, 'failed' | 'succeeded'>;
}

/** The connection of a transaction, or of a single statement. */
export interface Link {
  readonly pool: Sql;
  readonly rules: LinkRules;
  /** Nobody waits longer than that: after it, nothing is begun or committed for the caller. */
  readonly deadline: Deadline;
  /** Why it cannot be used any more. */
  lost?: unknown;
}

export type Values = NonNullable<Parameters<Sql['unsafe']>[1]>;

/** What drizzle's session calls within a transaction. */
export interface Statements {
  unsafe(text: string, values?: Values): Rows;
  savepoint?(work: Work): Promise<unknown>;
}

/** Rows as objects. If `values` is called at once, rows as arrays. */
export type Rows = Promise<unknown> & { values(): Promise<unknown> };

export type Work = (client: Statements) => Promise<unknown>;
type Start = (work: (sql: TransactionSql) => Promise<unknown>) => Promise<unknown>;

export function query(link: Link, sql: Sql | TransactionSql, text: string, values: Values, asArrays: boolean) {
  return new Promise((resolve, reject) => {
    const fail = failing(link, text, reject);
    if (link.lost) return fail(link.lost);
    if (isPast(link.deadline)) return fail(tooLate());
    // drizzle asks for unnamed statements, which postgres.js describes each time. That doubles the round trips.
    const sent = sql.unsafe(text, values, { prepare: true });
    const { sendMs, answerMs, refusals } = link.rules;
    const stop = limit(link, () => (isSent(sent) ? answerMs : sendMs), fail);
    const succeed = (answer: unknown) => {
      refusals.succeeded(text);
      resolve(answer);
    };
    (asArrays ? sent.values() : sent).then(succeed, fail).finally(stop);
  });
}

/** `start` is begin or savepoint. Their own statements have a deadline, and so has each statement of `work`. */
export function transaction(link: Link, start: Start, work: Work): Promise<unknown> {
  const { sendMs, answerMs } = link.rules;
  return new Promise((resolve, reject) => {
    const fail = failing(link, 'begin', reject);
    let stop = limit(link, () => sendMs, fail);
    const guarded = async (sql: TransactionSql) => {
      stop();
      // Begun too late: the caller was told that it failed.
      if (link.lost) throw link.lost;
      if (isPast(link.deadline)) throw tooLate();
      const [outcome] = await Promise.allSettled([work(statements(link, sql))]);
      if (link.lost) {
        reject(link.lost);
        // On a lost connection, postgres.js would crash the process with its commit or rollback. So never go on.
        return new Promise<never>(() => {});
      }
      stop = limit(link, () => answerMs, fail);
      if (outcome.status === 'rejected') throw outcome.reason;
      // Rolled back, so that nobody who was told that it failed finds it done.
      if (isPast(link.deadline)) throw tooLate();
      return outcome.value;
    };
    start(guarded)
      .then(resolve, fail)
      .finally(() => stop());
  });
}

/** Like a query of postgres.js: it starts in the next microtask, so that `.values()` can still ask for arrays. */
export function lazily(run: (asArrays: boolean) => Promise<unknown>): Rows {
  let asArrays = false;
  const result = Promise.resolve().then(() => run(asArrays));
  const values = () => {
    asArrays = true;
    return result;
  };
  return Object.assign(result, { values });
}

function tooLate(): DatabaseBusy {
  return new DatabaseBusy('the time for it was over');
}

/**
 * Calls `fail` once the limit (asked again and again, in ms from now) is over, unless the returned function was called.
 */
function limit(link: Link, limitMs: () => number, fail: (error: unknown) => void): () => void {
  const { deadlines } = link.rules;
  const startedAt = performance.now();
  const item = {
    place: NOWHERE,
    get deadline() {
      return startedAt + limitMs();
    },
    expire: () => fail(new DatabaseTimeout('no answer in time')),
  };
  deadlines.add(item);
  return () => deadlines.remove(item);
}

function statements(link: Link, sql: TransactionSql): Statements {
  return {
    unsafe: (text, values = []) => lazily((asArrays) => query(link, sql, text, values, asArrays)),
    savepoint: (work) => transaction(link, (inner) => sql.savepoint(inner), work),
  };
}

/** A `reject` that notes if the failure cost the connection, or is one of many alike. */
function failing(link: Link, statement: string, reject: (error: unknown) => void) {
  return (error: unknown) => {
    if (isLinkLost(error)) link.lost ??= error;
    if (isLinkLost(error) || isReadOnly(error)) link.rules.onLost(link.pool, error);
    link.rules.refusals.failed(statement, error);
    reject(error);
  };
}

/** postgres.js notes on a query which connection it went to. */
function isSent(query: object): boolean {
  return Boolean((query as { state?: unknown }).state);
}
