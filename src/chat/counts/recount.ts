// Compares every number that counts with a recount from the messages themselves. Reads everything, and changes nothing.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { mentionCount, unreadCount } from './unread.ts';

/** A number that is not what counting gives. */
export interface Difference extends Record<string, unknown> {
  what: 'number' | 'messageCount' | 'unread' | 'mentions';
  /** The row of `conversations`. */
  log: number;
  /** The message of a `number`, the user of `unread` and `mentions`; otherwise 0. */
  of: number;
  stored: number | null;
  counted: number;
}

export interface Recount {
  readonly logs: number;
  /** Users in conversations. */
  readonly places: number;
  readonly differences: readonly Difference[];
}

/** Logs in one statement, so that each sees one state of them. */
const LOGS_AT_ONCE = 200;

/** Returns at most about `most` differences. Logs that are not counted yet are left out. */
export async function recount(db: Database, most = 100): Promise<Recount> {
  const total = { logs: 0, places: 0, differences: [] as Difference[] };
  for (let last = 0; total.differences.length < most; ) {
    const logs = await rows<{ id: number }>(
      db,
      sql`select "id" from conversations where "accountId" is null and "isCounted" and "id" > ${last}::int
        order by "id" limit ${LOGS_AT_ONCE}::int`,
    );
    if (logs.length === 0) break;
    const ids = logs.map(({ id }) => id);
    total.logs += ids.length;
    total.differences.push(...(await wrongNumbers(db, ids)));
    const { places, differences } = await wrongCounts(db, ids);
    total.places += places;
    total.differences.push(...differences);
    last = ids.at(-1) ?? last;
  }
  return total;
}

function wrongNumbers(db: Database, ids: readonly number[]): Promise<Difference[]> {
  const logs = sql`${sql.param([...ids])}::int[]`;
  return rows(
    db,
    sql`with counted as materialized (
        select m."conversationId" as "log", m."id", m."number",
          (count(*) filter (where not m."silent") over (partition by m."conversationId" order by m."seq"))::int as "counted"
        from chats m where m."conversationId" = any(${logs})
      )
      select 'number' as "what", "log", "id" as "of", "number" as "stored", "counted" from counted
      where "number" is distinct from "counted"
      union all
      select 'messageCount', c."id", 0, c."messageCount", n."counted" from conversations c
      cross join lateral (select count(*)::int as "counted" from chats m
        where m."conversationId" = c."id" and not m."silent") n
      where c."id" = any(${logs}) and c."messageCount" <> n."counted" and c."isCounted"`,
  );
}

interface Counts extends Record<string, unknown> {
  log: number;
  of: number;
  unread: number;
  mentions: number;
  countedUnread: number;
  countedMentions: number;
}

async function wrongCounts(
  db: Database,
  ids: readonly number[],
): Promise<{ places: number; differences: Difference[] }> {
  const place = {
    log: sql`c`,
    reader: sql`p."reader"`,
    readSeq: sql`coalesce(s."readSeq", 0)`,
    seenSeq: sql`coalesce(s."seenSeq", 0)`,
  };
  const found = await rows<Counts>(
    db,
    sql`with counts as materialized (
        select c."id" as "log", p."reader" as "of", ${unreadCount(place)} as "unread", ${mentionCount(place)} as "mentions",
          r."countedUnread", r."countedMentions"
        from conversations c
        cross join lateral (
          select m."userId" as "reader" from channel_members m where m."channelId" = c."channelId"
          union select u from unnest(array[c."userLow", c."userHigh"]) u where u is not null
        ) p
        left join seats s on s."userId" = p."reader" and s."conversationId" = c."id"
        cross join lateral (
          select count(*)::int as "countedUnread",
            (count(*) filter (where m."mentionAll" or p."reader" = any(m."mentions")))::int as "countedMentions"
          from chats m where m."conversationId" = c."id" and m."seq" > ${place.readSeq} and m."senderId" <> p."reader"
            and m."deletedAt" is null and not m."silent"
        ) r
        where c."id" = any(${sql.param([...ids])}::int[]) and c."isCounted"
      )
      select * from counts`,
  );
  const differences = found.flatMap(({ log, of, unread, mentions, countedUnread, countedMentions }): Difference[] => [
    ...(unread === countedUnread ? [] : [{ what: 'unread' as const, log, of, stored: unread, counted: countedUnread }]),
    ...(mentions === countedMentions
      ? []
      : [{ what: 'mentions' as const, log, of, stored: mentions, counted: countedMentions }]),
  ]);
  return { places: found.length, differences };
}
