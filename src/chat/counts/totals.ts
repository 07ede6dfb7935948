// What a user has to read over all conversations.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import type { Totals } from '../../protocol/markers.ts';
import { mentionCount, namedCount, unreadCount } from './unread.ts';

/** Sums over the conversations of a user. Of muted ones, only mentions that name the user count. */
export async function totalsOf(db: Database, userId: number): Promise<Totals> {
  const place = {
    log: sql`c`,
    reader: sql`${userId}::int`,
    readSeq: sql`coalesce(s."readSeq", 0)`,
    seenSeq: sql`coalesce(s."seenSeq", 0)`,
  };
  const [row] = await rows<{ unread: number; mentions: number; conversations: number }>(
    db,
    sql`with mine as materialized (
        select c."id" from channel_members me join channels ch on ch."id" = me."channelId" and ch."deletedAt" is null
        join conversations c on c."channelId" = me."channelId" where me."userId" = ${userId}::int
        union select c."id" from conversations c where c."userLow" = ${userId}::int
        union select c."id" from conversations c where c."userHigh" = ${userId}::int
      ), counted as materialized (
        select coalesce(s."mutedUntil" > now() at time zone 'utc', false) as "muted", ${unreadCount(place)} as "unread",
          ${mentionCount(place)} as "mentions", ${namedCount(place)} as "named"
        from mine join conversations c on c."id" = mine."id"
        left join seats s on s."userId" = ${userId}::int and s."conversationId" = c."id"
        where c."lastSeq" > coalesce(s."readSeq", 0)
      )
      select coalesce(sum("unread") filter (where not "muted"), 0)::int as "unread",
        coalesce(sum(case when "muted" then "named" else "mentions" end), 0)::int as "mentions",
        (count(*) filter (where not "muted" and "unread" > 0))::int as "conversations" from counted`,
  );
  return row ?? { unread: 0, mentions: 0, conversations: 0 };
}
