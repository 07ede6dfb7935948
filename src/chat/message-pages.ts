// History: pages of a conversation, each one statement that checks who asks, finds the place and reads.
import { type SQL, sql } from 'drizzle-orm';
import { type Database, rows } from '../database/database.ts';
import { ChatError, type ErrorCode } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { PageQuery } from '../protocol/requests.ts';
import type { Pagination } from '../protocol/resources.ts';
import type { StoredMessage } from './log/event.ts';
import { pairKey } from './log/key.ts';
import { type MessageRow, storedMessageColumns, toStoredMessage } from './rows.ts';

/** In the statement's text, so that it is planned for a page; of a parameter the planner would expect a tenth of the log. */
const LONGEST_PAGE = sql.raw(String(LIMITS.PAGE_MAX + 1));

/** Messages, oldest first. */
export interface MessagePage {
  readonly data: StoredMessage[];
  readonly pagination: Pagination;
}

/** Throws CHANNEL_NOT_FOUND where there is no such channel, or the user is no member. */
export function readChannelPage(db: Database, userId: number, channelId: number, query: PageQuery) {
  const visible = sql`channel_members me join channels ch on ch."id" = me."channelId" and ch."deletedAt" is null
    left join conversations v on v."channelId" = ch."id"
    where me."channelId" = ${channelId}::int and me."userId" = ${userId}::int`;
  return readPage(db, visible, query, 'CHANNEL_NOT_FOUND');
}

/** Throws USER_NOT_FOUND where there is no such friend. */
export function readFriendPage(db: Database, userId: number, friendId: number, query: PageQuery) {
  const { userLow, userHigh } = pairKey(userId, friendId);
  const visible = sql`users friend
    left join conversations v on v."userLow" = ${userLow}::int and v."userHigh" = ${userHigh}::int
    where friend."id" = ${friendId}::int and friend."deletedAt" is null`;
  return readPage(db, visible, query, 'USER_NOT_FOUND');
}

/** `visible` gives the one conversation `v` that may be read, its id null before its first event; or nothing. */
async function readPage(db: Database, visible: SQL, query: PageQuery, absent: ErrorCode): Promise<MessagePage> {
  const { limit, before, after } = query;
  const found = await rows<MessageRow | { id: null }>(
    db,
    sql`select m.* from (select v."id" from ${visible}) v
      left join lateral (
        select * from (
          select ${storedMessageColumns} from chats m join users s on s."id" = m."senderId"
          where m."conversationId" = v."id" and m."deletedAt" is null ${beyond(query)}
          order by m."seq" ${after === undefined ? sql`desc` : sql`asc`} limit ${LONGEST_PAGE}
        ) m limit ${limit + 1}::int
      ) m on true
      order by m."seq"`,
  );
  if (found.length === 0) throw new ChatError(absent);
  const messages = found.filter((row): row is MessageRow => row.id !== null).map(toStoredMessage);
  return {
    // The one too many is at the end that was read towards.
    data: after === undefined ? messages.slice(-limit) : messages.slice(0, limit),
    pagination: { limit, before: before ?? null, after: after ?? null, hasMore: messages.length > limit },
  };
}

/** What keeps a page on its side of a message: by its number, however much was deleted around it. */
function beyond({ before, after }: PageQuery): SQL {
  if (before !== undefined) return sql`and m."seq" < coalesce(${seqOf(before)}, ${seqUpTo(before)} + 1, 0)`;
  if (after !== undefined) return sql`and m."seq" > coalesce(${seqOf(after)}, ${seqUpTo(after)}, 0)`;
  return sql``;
}

const seqOf = (messageId: number) =>
  sql`(select x."seq" from chats x where x."id" = ${messageId}::int and x."conversationId" = v."id")`;

/** For the id of a message that is not in this conversation: the place where it would be. */
const seqUpTo = (messageId: number) =>
  sql`(select x."seq" from chats x where x."conversationId" = v."id" and x."id" < ${messageId}::int
    order by x."seq" desc limit 1)`;
