// Messages: sending, reading, editing, deleting.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import type { Deadline } from '../../lib/deadline.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { EditMessageBody } from '../../protocol/message-edits.ts';
import { contentOf, type SendMessageBody } from '../../protocol/messages.ts';
import type { PageQuery } from '../../protocol/requests.ts';
import type { Actor, Principal } from '../accounts/principal.ts';
import { assertInTime, NEVER } from '../in-time.ts';
import { type MessageRow, storedMessageColumns, toStoredMessage } from '../log/columns.ts';
import type { StoredMessage } from '../log/event.ts';
import type { Append, Appended, ChangeMessage } from '../log/log.ts';
import { createAssertReader } from '../members/member-lookup.ts';
import { type MessageFacts, mayDeleteMessage, mayEditMessage, mayReadMessage } from '../policy.ts';
import { edit, removal } from './changes.ts';
import { createMessagePages, type PageJson } from './pages.ts';
import { assertTextLength, tooLong } from './text-length.ts';

export interface MessagesDependencies {
  readonly db: Database;
  readonly append: Append;
  readonly change: ChangeMessage;
  /** The largest number of UTF-16 units in a text. */
  readonly maxTextLength: number;
  /** Whether a deletion also erases the content in the row. */
  readonly eraseDeleted: boolean;
}

/**
 * Calls about one message throw MESSAGE_NOT_FOUND if it is gone or the principal is not a party to it. They throw
 * UNAVAILABLE, and change nothing, if the deadline passes before they write.
 */
export interface Messages {
  /** Throws VALIDATION_FAILED (text too long) and what append throws. */
  send(actor: Actor, body: SendMessageBody, deadline?: Deadline): Promise<Appended>;
  get(principal: Principal, id: number): Promise<StoredMessage>;
  /** Those of these messages that the principal may read, by id. */
  getSome(principal: Principal, ids: readonly number[]): Promise<StoredMessage[]>;
  /** The messages that answer this one, by id. */
  replies(principal: Principal, id: number, query: PageQuery): Promise<PageJson>;
  /** Only the sender may. Throws VALIDATION_FAILED, FORBIDDEN. */
  edit(principal: Principal, id: number, body: EditMessageBody, deadline?: Deadline): Promise<StoredMessage>;
  /** The sender and the channel's owner may, and admins in every conversation. Throws FORBIDDEN. */
  remove(principal: Principal, id: number, deadline?: Deadline): Promise<void>;
  /** Throws UNAUTHORIZED, CHANNEL_NOT_FOUND. */
  channelPage(actor: Actor, channelId: number, query: PageQuery): Promise<PageJson>;
  /** Throws USER_NOT_FOUND. */
  friendPage(principal: Principal, friendId: number, query: PageQuery): Promise<PageJson>;
}

export function createMessages({ db, append, change, maxTextLength, eraseDeleted }: MessagesDependencies): Messages {
  const pages = createMessagePages({ db });
  const assertReader = createAssertReader({ db });

  async function get(principal: Principal, id: number): Promise<StoredMessage> {
    const { message, facts } = await readMessage(db, id, principal.id);
    if (!mayReadMessage(facts)) throw new ChatError('MESSAGE_NOT_FOUND');
    return message;
  }

  return {
    // Not async, because its promise would live as long as that of append, once for each message under way.
    send(actor, body, deadline) {
      const { channelId, receiverId, clientId } = body;
      const length = body.text?.length ?? 0;
      if (length > maxTextLength) return Promise.reject(tooLong('text', maxTextLength));
      return append({ senderId: actor.id, channelId, receiverId, clientId, content: contentOf(body) }, deadline);
    },

    get,

    async getSome(principal, ids) {
      const found = await readMessages(db, ids, principal.id);
      return found.filter(({ facts }) => mayReadMessage(facts)).map(({ message }) => message);
    },

    async replies(principal, id, query) {
      const page = await pages.ofReplies(id, query);
      // Checked afterwards, for the same reason as a page of a channel.
      await get(principal, id);
      return page;
    },

    async edit(principal, id, body, deadline = NEVER) {
      assertTextLength('text', body.text ?? '', maxTextLength);
      const { facts } = await readMessage(db, id, principal.id);
      if (!mayReadMessage(facts)) throw new ChatError('MESSAGE_NOT_FOUND');
      if (!mayEditMessage(principal, facts)) throw new ChatError('FORBIDDEN');
      assertInTime(deadline);
      return change({ messageId: id, actorId: principal.id, kind: edit, given: body }, deadline);
    },

    async remove(principal, id, deadline = NEVER) {
      const { facts } = await readMessage(db, id, principal.id);
      if (!mayDeleteMessage(principal, facts)) {
        throw new ChatError(mayReadMessage(facts) ? 'FORBIDDEN' : 'MESSAGE_NOT_FOUND');
      }
      assertInTime(deadline);
      const actorId = principal.isAdmin ? null : principal.id;
      await change({ messageId: id, actorId, kind: removal, given: { erase: eraseDeleted } }, deadline);
    },

    async channelPage(actor, channelId, query) {
      const page = await pages.ofChannel(channelId, query);
      // Checked afterwards, because a member who was removed meanwhile must not see later messages.
      await assertReader(actor.id, channelId);
      return page;
    },

    friendPage: (principal, friendId, query) => pages.ofFriend(principal.id, friendId, query),
  };
}

interface Found {
  readonly message: StoredMessage;
  readonly facts: MessageFacts;
}

/** The message, and what decides who may do what with it. Throws MESSAGE_NOT_FOUND, also if its channel is deleted. */
async function readMessage(db: Database, id: number, userId: number): Promise<Found> {
  const [found] = await readMessages(db, [id], userId);
  if (!found) throw new ChatError('MESSAGE_NOT_FOUND');
  return found;
}

type FactsRow = MessageRow & { channelOwnerId: number | null; isParty: boolean };

/** The same for several, by id. Leaves out those that are gone. */
async function readMessages(db: Database, ids: readonly number[], userId: number): Promise<Found[]> {
  const found = await rows<FactsRow>(
    db,
    sql`select ${storedMessageColumns}, c."ownerId" as "channelOwnerId",
        case when m."channelId" is null then ${userId}::int in (m."senderId", m."receiverId")
        else exists (select 1 from channel_members me where me."channelId" = c."id" and me."userId" = ${userId}::int)
        end as "isParty"
      from chats m join users s on s."id" = m."senderId" left join channels c on c."id" = m."channelId"
      where m."id" = any(${sql.param(ids)}::int[]) and m."deletedAt" is null and c."deletedAt" is null
      order by m."id"`,
  );
  return found.map((row) => ({ message: toStoredMessage(row), facts: row }));
}
