// Pins: the messages that a conversation keeps in view. Every party may pin and unpin.
import { type SQL, sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import type { Deadline } from '../../lib/deadline.ts';
import { ChatError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Actor, Principal } from '../accounts/principal.ts';
import { type MessageRow, storedMessageColumns, toStoredMessage } from '../log/columns.ts';
import type { StoredMessage } from '../log/event.ts';
import { pairKey } from '../log/key.ts';
import type { ChangeMessage } from '../log/log.ts';
import { createAssertReader } from '../members/member-lookup.ts';
import { pin, unpin } from './change.ts';

export interface PinsDependencies {
  readonly db: Database;
  readonly change: ChangeMessage;
}

export interface Pins {
  /**
   * Both return the message as it is then, also if nothing changed. They throw MESSAGE_NOT_FOUND if it is gone or the
   * actor is not a party to it, UNAVAILABLE, and for a pin too many LIMIT_REACHED.
   */
  pin(actor: Actor, messageId: number, deadline?: Deadline): Promise<StoredMessage>;
  unpin(actor: Actor, messageId: number, deadline?: Deadline): Promise<StoredMessage>;
  /** The newest pin first. Throws CHANNEL_NOT_FOUND. */
  ofChannel(actor: Actor, channelId: number): Promise<StoredMessage[]>;
  /** The same of the direct messages with a user. Throws USER_NOT_FOUND. */
  ofFriend(principal: Principal, friendId: number): Promise<StoredMessage[]>;
}

export function createPins({ db, change }: PinsDependencies): Pins {
  const assertReader = createAssertReader({ db });
  const given = { atMost: LIMITS.PINS_MAX };

  return {
    pin: (actor, messageId, deadline) => change({ messageId, actorId: actor.id, kind: pin, given }, deadline),
    unpin: (actor, messageId, deadline) => change({ messageId, actorId: actor.id, kind: unpin, given: {} }, deadline),

    async ofChannel(actor, channelId) {
      const pinned = await readPinned(db, sql`v."channelId" = ${channelId}::int`);
      // Checked afterwards, because a member who was removed meanwhile must not see later pins.
      await assertReader(actor.id, channelId);
      return pinned;
    },

    async ofFriend({ id }, friendId) {
      const { userLow, userHigh } = pairKey(id, friendId);
      const pinned = await readPinned(db, sql`v."userLow" = ${userLow}::int and v."userHigh" = ${userHigh}::int`);
      if (pinned.length === 0) await assertUser(db, friendId);
      return pinned;
    },
  };
}

async function readPinned(db: Database, isLog: SQL): Promise<StoredMessage[]> {
  const found = await rows<MessageRow>(
    db,
    sql`select ${storedMessageColumns} from conversations v
      join chats m on m."conversationId" = v."id" and m."pinnedAt" > '-infinity' and m."deletedAt" is null
      join users s on s."id" = m."senderId"
      where ${isLog} order by m."pinnedAt" desc, m."id" desc`,
  );
  return found.map(toStoredMessage);
}

async function assertUser(db: Database, id: number): Promise<void> {
  const [user] = await rows(db, sql`select 1 from users where "id" = ${id}::int and "deletedAt" is null`);
  if (!user) throw new ChatError('USER_NOT_FOUND');
}
