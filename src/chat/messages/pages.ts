// History: pages of a conversation. One statement finds the place and reads the page.
import { type SQL, sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { createSingleFlight } from '../../lib/single-flight.ts';
import { ChatError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { type Message, messageResource } from '../../protocol/messages.ts';
import type { PageQuery } from '../../protocol/requests.ts';
import type { Pagination } from '../../protocol/resources.ts';
import { type MessageRow, storedMessageColumns, toStoredMessage } from '../log/columns.ts';
import { pairKey } from '../log/key.ts';

/** In the statement's text, because for a parameter the planner would expect a tenth of the log. */
const LONGEST_PAGE = sql.raw(String(LIMITS.PAGE_MAX + 1));

/** A page as the REST interface shows it: messages, oldest first. */
export interface MessagePage {
  readonly data: Message[];
  readonly pagination: Pagination;
}

/**
 * A `MessagePage` as JSON, which is what callers send. Its rows are released before anything is awaited: if slow
 * requests held thousands of rows, the garbage collector would take longer than reading them did.
 */
export type PageJson = string;

export interface MessagePages {
  /** Does not check who asks: the caller must do that afterwards. */
  ofChannel(channelId: number, query: PageQuery): Promise<PageJson>;
  /** Throws USER_NOT_FOUND if there is no such friend. */
  ofFriend(userId: number, friendId: number, query: PageQuery): Promise<PageJson>;
  /** The messages that answer a message, by id. Does not check who asks: the caller must do that afterwards. */
  ofReplies(messageId: number, query: PageQuery): Promise<PageJson>;
}

export function createMessagePages({ db }: { db: Database }): MessagePages {
  // When a node comes back, all members of a channel ask for its newest page at once.
  const singleFlight = createSingleFlight<PageJson>();

  return {
    ofChannel(channelId, query) {
      const log = sql`conversations v where v."channelId" = ${channelId}::int`;
      const key = [channelId, query.limit, query.before, query.after].join();
      return singleFlight(key, async () => toJson((await readPage(db, log, query)) ?? [], query));
    },

    async ofFriend(userId, friendId, query) {
      const { userLow, userHigh } = pairKey(userId, friendId);
      const log = sql`users friend
        left join conversations v on v."userLow" = ${userLow}::int and v."userHigh" = ${userHigh}::int
        where friend."id" = ${friendId}::int and friend."deletedAt" is null`;
      const messages = await readPage(db, log, query);
      if (!messages) throw new ChatError('USER_NOT_FOUND');
      return toJson(messages, query);
    },

    ofReplies: async (messageId, query) => toJson(await readReplies(db, messageId, query), query),
  };
}

/**
 * `log` selects the conversation `v` to read. Its id is null before its first event. Returns undefined if `log` selects
 * nothing, and one message more than the limit if there are more.
 */
async function readPage(db: Database, log: SQL, query: PageQuery): Promise<Message[] | undefined> {
  const found = await rows<MessageRow | { id: null }>(
    db,
    sql`select m.* from (select v."id" from ${log}) v
      left join lateral (
        select * from (
          select ${storedMessageColumns} from chats m join users s on s."id" = m."senderId"
          where m."conversationId" = v."id" and m."deletedAt" is null ${beyond(query)}
          order by m."seq" ${query.after === undefined ? sql`desc` : sql`asc`} limit ${LONGEST_PAGE}
        ) m limit ${query.limit + 1}::int
      ) m on true
      order by m."seq"`,
  );
  if (found.length === 0) return undefined;
  return found.flatMap((row) => (isMessage(row) ? messageResource(toStoredMessage(row)) : []));
}

/**
 * One message more than the limit if there are more. OFFSET 0 keeps the planner from going through all messages by id
 * until it has enough replies.
 */
async function readReplies(db: Database, messageId: number, { limit, before, after }: PageQuery): Promise<Message[]> {
  const found = await rows<MessageRow>(
    db,
    sql`select ${storedMessageColumns} from (
        select r."id" from (
          select r."id" from chats r where r."replyToId" = ${messageId}::int and r."deletedAt" is null offset 0
        ) r
        where r."id" < ${before ?? LIMITS.MAX_ID}::int and r."id" > ${after ?? 0}::int
        order by r."id" ${after === undefined ? sql`desc` : sql`asc`} limit ${limit + 1}::int
      ) r join chats m on m."id" = r."id" join users s on s."id" = m."senderId"
      order by m."id"`,
  );
  return found.map((row) => messageResource(toStoredMessage(row)));
}

function isMessage(row: MessageRow | { id: null }): row is MessageRow {
  return row.id !== null;
}

function toJson(messages: Message[], { limit, before, after }: PageQuery): PageJson {
  const page: MessagePage = {
    // The extra message is at the end in the direction of reading.
    data: after === undefined ? messages.slice(-limit) : messages.slice(0, limit),
    pagination: { limit, before: before ?? null, after: after ?? null, hasMore: messages.length > limit },
  };
  return JSON.stringify(page);
}

/** The condition for a page before or after a message: by its number, so that deleted messages do not matter. */
function beyond({ before, after }: PageQuery): SQL {
  if (before !== undefined) return sql`and m."seq" < coalesce(${seqOf(before)}, ${seqUpTo(before)} + 1, 0)`;
  if (after !== undefined) return sql`and m."seq" > coalesce(${seqOf(after)}, ${seqUpTo(after)}, 0)`;
  return sql``;
}

const seqOf = (messageId: number) =>
  sql`(select x."seq" from chats x where x."id" = ${messageId}::int and x."conversationId" = v."id")`;

/** If the message is not in this conversation: the number where it would be. */
const seqUpTo = (messageId: number) =>
  sql`(select x."seq" from chats x where x."conversationId" = v."id" and x."id" < ${messageId}::int
    order by x."seq" desc limit 1)`;
