// Channels that stay as the former service left them, but are worth mentioning in the dry run.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../database/database.ts';

export interface OddChannels {
  /** Groups with an owner who is no member. */
  readonly withoutOwner: number;
  /** Direct channels of a pair that has another one with a smaller id. */
  readonly twins: number;
}

/** Counts channels that are not deleted. Only reads. */
export async function oddChannels(db: Database): Promise<OddChannels> {
  const [row] = await rows<{ withoutOwner: string; twins: string }>(
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
  return { withoutOwner: Number(row?.withoutOwner ?? 0), twins: Number(row?.twins ?? 0) };
}
