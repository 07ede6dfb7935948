// Locks for changing tables that others write to. If a lock is not free at once, it is given up and tried again, so
// that nobody has to queue behind us for long.
import { sql } from 'drizzle-orm';
import { type Database, rows } from './database.ts';
import { sqlState } from './errors.ts';
import type { Report } from './progress.ts';
import { pause, requireRunnerLock } from './runner-lock.ts';

/** How long writers may have to wait behind us. */
const LOCK_TIMEOUT_MS = 250;
/** An automatic vacuum gives way after the server's `deadlock_timeout`, a second. Until then this holds nobody up. */
const VACUUM_TIMEOUT_MS = 5000;
const PAUSES_MS = [100, 200, 400, 800];
const LONGEST_PAUSE_MS = 1500;

/** Lock not available, deadlock, serialization failure: another session was in the way, and will be gone. */
const IN_THE_WAY = new Set(['55P03', '40P01', '40001']);

export interface Step {
  readonly db: Database;
  readonly report: Report;
  /** The present step, for the report. */
  readonly step: string;
}

export interface TableLock {
  readonly tables: readonly string[];
  /** `share row exclusive` lets others read, `access exclusive` lets them do nothing. */
  readonly mode: 'share row exclusive' | 'access exclusive';
}

/** Runs `work` in a transaction with these locks. Repeats until it gets them and all others it needs. */
export function withShortLock<T>(step: Step, lock: TableLock, work: (tx: Database) => Promise<T>): Promise<T> {
  const tables = lock.tables.join(', ');
  return givingWay(step, async (tx) => {
    // First the lock that stops a vacuum but no writer. Then, briefly, the one that stops writers.
    await tx.execute(sql.raw(`set local lock_timeout = '${VACUUM_TIMEOUT_MS}ms'`));
    await tx.execute(sql.raw(`lock table ${tables} in share update exclusive mode`));
    await tx.execute(sql.raw(`set local lock_timeout = '${LOCK_TIMEOUT_MS}ms'`));
    await tx.execute(sql.raw(`lock table ${tables} in ${lock.mode} mode`));
    return work(tx);
  });
}

/** Runs `work` in a transaction that waits for no lock for long. Repeats until it gets all locks it needs. */
export function givingWay<T>(step: Step, work: (tx: Database) => Promise<T>): Promise<T> {
  return retryLocks(step, () =>
    step.db.transaction(async (tx) => {
      await requireRunnerLock(tx);
      await tx.execute(sql.raw(`set local lock_timeout = '${LOCK_TIMEOUT_MS}ms'`));
      return work(tx);
    }),
  );
}

/** Runs `work` again while locks of others are in its way. It must leave nothing behind when it fails. */
export async function retryLocks<T>({ db, report, step }: Step, work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!IN_THE_WAY.has(sqlState(error) ?? '')) throw error;
    }
    if (attempt > 1) report({ step, waiting: await inTheWay(db) });
    await pause(PAUSES_MS[attempt] ?? LONGEST_PAUSE_MS);
  }
}

/** The oldest transaction of another session: most likely the one that holds what we wait for. */
async function inTheWay(db: Database): Promise<string> {
  const [oldest] = await rows<{ pid: number; seconds: number }>(
    db,
    sql`select pid, extract(epoch from clock_timestamp() - xact_start)::int as "seconds" from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null
        order by xact_start limit 1`,
  );
  if (!oldest) return 'a lock that somebody holds';
  return `a lock; the oldest open transaction is ${oldest.seconds} s old (process ${oldest.pid} in the server)`;
}
