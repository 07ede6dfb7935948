// Channels that stay as the former service left them, but are worth mentioning in the dry run.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../database/database.ts';

/**
 * Counts groups with an owner who is no member, and direct channels of a pair that has another one with a smaller id.
 * Leaves out deleted ones. Only reads.
 */
export async function oddChannels(db: Database) {
  const [row = { withoutOwner: 0, twins: 0 }] = await rows<{ withoutOwner: number; twins: number }>(
    db,
    sql`with pairs as (
        select c.id, array_agg(distinct m."userId" order by m."userId") as users
        from channels c join channel_members m on m."channelId" = c.id
        where c.type = 'direct' and c."deletedAt" is null group by c.id
      )
      select
        (select count(*) from channels c where c.type = 'group' and c."deletedAt" is null and not exists (
          select from channel_members m where m."channelId" = c.id and m."userId" = c."ownerId")) as "withoutOwner",
        (select count(*) - count(distinct users) from pairs where cardinality(users) = 2) as "twins"`,
  );
  return row;
}
