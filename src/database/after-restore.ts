// What a database needs after an older backup took its place: numbers that nobody has seen yet.
import { sql } from 'drizzle-orm';
import type { DatabaseHandle } from './handle.ts';
import { readCounters } from './table-shapes.ts';

/** Far more than any log or table grows between two backups; a 32-bit number has room for two thousand of it. */
export const LEAP = 1_000_000;

/**
 * What was stored after the backup is lost, but clients still hold its numbers: the next message of a log would take the
 * one of a lost message, and be left out of the catch-up of a client that saw that one; the next user would have the id
 * of a lost user, whose token is still good. So all numbers go on a leap further on. Nothing may run on the database.
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
