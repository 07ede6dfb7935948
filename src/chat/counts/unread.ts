// How many messages are unread, and how many of these mention the reader: differences of stored numbers, in SQL. Nothing is
// counted per member when a message is stored. All that shows counts takes them from here.
import { type SQL, sql } from 'drizzle-orm';

/** Where a reader stands in a log, as SQL expressions. A reader without a seat stands at 0. */
export interface Place {
  /** The row of `conversations`. */
  readonly log: SQL;
  readonly reader: SQL;
  readonly readSeq: SQL;
  readonly seenSeq: SQL;
}

/** Messages of others that are deleted stay counted in `number`; `IDX_chats_dead` finds them. */
const dead = ({ log, reader, readSeq }: Place) => sql`(
  select count(*) from chats m where m."conversationId" = ${log}."id" and m."seq" > ${readSeq} and m."deletedAt" is not null
    and not m."silent" and m."senderId" <> ${reader})`;

/**
 * Sending moves the marker, so nobody has own messages after it, unless it went back since. It was never further than
 * `seenSeq`, and goes back over 5,000 messages at most: so much is read, however many are unread.
 */
const ownAfter = ({ log, reader, readSeq, seenSeq }: Place) => sql`case when ${seenSeq} <= ${readSeq} then 0 else (
  select count(*) from chats m where m."conversationId" = ${log}."id" and m."seq" > ${readSeq} and m."seq" <= ${seenSeq}
    and m."senderId" = ${reader} and not m."silent") end`;

const readNumber = ({ log, readSeq }: Place) => sql`coalesce((
  select m."number" from chats m where m."conversationId" = ${log}."id" and m."seq" <= ${readSeq}
  order by m."seq" desc limit 1), 0)`;

/** Countable messages of others after the marker that are not deleted. A log that is not counted yet has none. */
export function unreadCount(place: Place): SQL<number> {
  return sql`(case when ${place.log}."isCounted" then
    ${place.log}."messageCount" - ${readNumber(place)} - ${ownAfter(place)} - ${dead(place)} else 0 end)::int`;
}

/** Messages after the marker that name the reader. Only countable ones that are not deleted have rows there. */
export function namedCount({ log, reader, readSeq }: Place): SQL<number> {
  return sql`(select count(*) from mentions n where n."userId" = ${reader} and n."conversationId" = ${log}."id"
    and n."seq" > ${readSeq})::int`;
}

/** Messages of others after the marker that mention everybody, and do not name the reader besides. */
function allCount({ log, reader, readSeq }: Place): SQL<number> {
  return sql`(select count(*) from chats m where m."conversationId" = ${log}."id" and m."seq" > ${readSeq} and m."mentionAll"
    and m."deletedAt" is null and not m."silent" and m."senderId" <> ${reader}
    and not coalesce(${reader} = any(m."mentions"), false))::int`;
}

/** Each message once. */
export function mentionCount(place: Place): SQL<number> {
  return sql`(${namedCount(place)} + ${allCount(place)})`;
}
