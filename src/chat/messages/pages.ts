// History: pages of a conversation, each one statement that finds the place and reads.
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

/** In the statement's text, so that it is planned for a page; of a parameter the planner would expect a tenth of the log. */
const LONGEST_PAGE = sql.raw(String(LIMITS.PAGE_MAX + 1));

/** A page as the REST interface shows it: messages, oldest first. */
export interface MessagePage {
  readonly data: Message[];
  readonly pagination: Pagination;
}

/**
 * A `MessagePage` as JSON: all that anybody wants of it. What it was made of is let go of before anything else is waited
 * for; thousands of rows in the hands of slow requests would cost the garbage collector more than reading them did.
 */
export type PageJson = string;

export interface MessagePages {
  /** Of whoever asks: who may is for the caller to find out, afterwards. */
  ofChannel(channelId: number, query: PageQuery): Promise<PageJson>;
  /** Throws USER_NOT_FOUND where there is no such friend. */
  ofFriend(userId: number, friendId: number, query: PageQuery): Promise<PageJson>;
}

export function createMessagePages({ db }: { db: Database }): MessagePages {
  // When a node is back, all members of a channel ask for its newest page at once.
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
  };
}

/**
 * `log` gives the one conversation `v` that is read, its id null before its first event; or nothing, then this gives
 * undefined. One message more than the limit where there are more.
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

function isMessage(row: MessageRow | { id: null }): row is MessageRow {
  return row.id !== null;
}

function toJson(messages: Message[], { limit, before, after }: PageQuery): PageJson {
  const page: MessagePage = {
    // The one too many is at the end that was read towards.
    data: after === undefined ? messages.slice(-limit) : messages.slice(0, limit),
    pagination: { limit, before: before ?? null, after: after ?? null, hasMore: messages.length > limit },
  };
  return JSON.stringify(page);
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
