// One runner of migrations at a time over all nodes, by a lock of its session, which is released with it.
import { sql } from 'drizzle-orm';
import { type Database, value } from './database.ts';
import { MigrationError } from './migration-error.ts';
import type { Report } from './progress.ts';

const KEY = sql`hashtextextended('chat-service.migrations', 0)`;
const LOOK_AGAIN_MS = 300;

/**
 * Resolves when this session has the lock. Asks repeatedly instead of waiting in the server: a waiting statement holds
 * a snapshot, and if the other runner builds an index beside its writers, that would wait for the snapshot.
 */
export async function takeRunnerLock(db: Database, report: Report): Promise<void> {
  for (;;) {
    if (await value<boolean>(db, sql`select pg_try_advisory_lock(${KEY})`)) return;
    report({ step: 'waiting for another run to end' });
    await pause(LOOK_AGAIN_MS);
  }
}

/** Throws MigrationError if the session of `tx` is not the one that took the lock, and somebody else has it. */
export async function requireRunnerLock(tx: Database): Promise<void> {
  if (!(await value<boolean>(tx, sql`select pg_try_advisory_xact_lock(${KEY})`)))
    throw new MigrationError('The link to the database was lost, and another run has begun meanwhile');
}

/**
 * If the server can (14 and later, not on every system), lets it check whether this process still lives, so that a long
 * statement of a killed process does not keep the next one waiting.
 */
export async function endWithClient(db: Database): Promise<void> {
  await db.execute(sql`do $$ begin
    if current_setting('server_version_num')::int >= 140000 then
      perform set_config('client_connection_check_interval', '1s', false);
    end if;
  exception when invalid_parameter_value then null;
  end $$`);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
