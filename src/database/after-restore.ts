// After a restore from an older backup, gives the database numbers that nobody has seen yet.
import { sql } from 'drizzle-orm';
import type { DatabaseHandle } from './handle.ts';
import { readCounters } from './table-shapes.ts';

/** Far more than any log or table grows between two backups. A 32-bit number has room for two thousand such leaps. */
export const LEAP = 1_000_000;

/**
 * What was stored after the backup is lost, but clients still hold its numbers. The next message of a log would take
 * the number of a lost message, so a client that saw that one would not get it in a catch-up. The next user would have
 * the id of a lost user, whose token is still valid. So all numbers leap ahead. Nothing else may use the database
 * meanwhile.
 */
export function leapAhead(handle: DatabaseHandle): Promise<void> {
  return handle.dedicated((db) =>
    db.transaction(async (tx) => {
      await tx.execute(sql`update conversations set "lastSeq" = "lastSeq" + ${LEAP}::int`);
      for (const { name, last } of await readCounters(tx)) {
        await tx.execute(sql`select setval(format('%I', ${name}::text)::regclass, ${last}::bigint + ${LEAP}::bigint)`);
      }
    }),
  );
}
