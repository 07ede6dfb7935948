// Reactions: adding and removing one's own, who reacted, and which ones are one's own.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { isoTime } from '../../database/time.ts';
import type { Deadline } from '../../lib/deadline.ts';
import { ChatError, invalid } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { OwnReaction, OwnReactionsQuery, Reaction, ReactionsQuery } from '../../protocol/reactions.ts';
import type { Actor } from '../accounts/principal.ts';
import type { StoredMessage } from '../log/event.ts';
import { pairKey } from '../log/key.ts';
import type { ChangeMessage } from '../log/log.ts';
import { createAssertReader } from '../members/member-lookup.ts';
import { type React, react } from './change.ts';

export interface ReactionsDependencies {
  readonly db: Database;
  readonly change: ChangeMessage;
}

/** All of them throw MESSAGE_NOT_FOUND if the message is gone or the actor is not a party to it. */
export interface Reactions {
  /** Returns the message as it is then, also if nothing changed. Throws LIMIT_REACHED, UNAVAILABLE. */
  react(actor: Actor, messageId: number, asked: React, deadline?: Deadline): Promise<StoredMessage>;
  /** A page of those who reacted, by the ids of the users. */
  list(actor: Actor, messageId: number, query: ReactionsQuery): Promise<Reaction[]>;
  /** Throws CHANNEL_NOT_FOUND, USER_NOT_FOUND, VALIDATION_FAILED (too many messages). */
  mine(actor: Actor, query: OwnReactionsQuery): Promise<OwnReaction[]>;
}

export function createReactions({ db, change }: ReactionsDependencies): Reactions {
  const assertReader = createAssertReader({ db });

  async function assertUser(id: number): Promise<void> {
    const [user] = await rows(db, sql`select 1 from users where "id" = ${id}::int and "deletedAt" is null`);
    if (!user) throw new ChatError('USER_NOT_FOUND');
  }

  return {
    react: (actor, messageId, given, deadline) =>
      change({ messageId, actorId: actor.id, kind: react, given }, deadline),

    async list(actor, messageId, { emoji, after, limit }) {
      const found = await rows<ReactionRow>(db, whoReacted(actor.id, messageId, emoji ?? null, after ?? 0, limit));
      if (found.length === 0) throw new ChatError('MESSAGE_NOT_FOUND');
      const reactions = found.filter(isReaction).map((row) => ({ ...row, createdAt: isoTime(row.createdAt) }));
      return wholeUsers(reactions, limit);
    },

    async mine(actor, { channelId, userId, from = 0, to = LIMITS.MAX_ID }) {
      if (channelId === null) await assertUser(userId as number);
      const { userLow, userHigh } = pairKey(actor.id, userId ?? 0);
      const log =
        channelId === null
          ? sql`c."userLow" = ${userLow}::int and c."userHigh" = ${userHigh}::int`
          : sql`c."channelId" = ${channelId}::int`;
      const found = await rows<OwnRow>(
        db,
        sql`select m."id" as "messageId", r."emoji" from (
            select m."id", m."seq", m."deletedAt" from conversations c join chats m on m."conversationId" = c."id"
            where ${log} and m."seq" between ${from}::int and ${to}::int
            order by m."seq" limit ${sql.raw(String(LIMITS.OWN_REACTIONS_MESSAGES_MAX + 1))}
          ) m left join reactions r on r."messageId" = m."id" and r."userId" = ${actor.id}::int and m."deletedAt" is null
          order by m."seq", r."createdAt"`,
      );
      // Checked afterwards, because a member who was removed meanwhile must not see later messages.
      if (channelId !== null) await assertReader(actor.id, channelId);
      if (new Set(found.map(({ messageId }) => messageId)).size > LIMITS.OWN_REACTIONS_MESSAGES_MAX) {
        throw invalid('to', `from and to have more than ${LIMITS.OWN_REACTIONS_MESSAGES_MAX} messages between them`);
      }
      return found.flatMap(({ messageId, emoji }) => (emoji === null ? [] : { messageId, emoji }));
    },
  };
}

interface OwnRow extends Record<string, unknown> {
  messageId: number;
  emoji: string | null;
}

type ReactionRow = (Reaction | { userId: null }) & Record<string, unknown>;

function isReaction(row: ReactionRow): row is Reaction & Record<string, unknown> {
  return row.userId !== null;
}

/** More rows than the limit, so that it is known which user's are whole. One row of nulls if nobody reacted. */
function whoReacted(actorId: number, messageId: number, emoji: string | null, after: number, limit: number) {
  return sql`select r.* from chats m left join channels c on c."id" = m."channelId"
    left join lateral (
      select r."userId", u."username", u."avatar", r."emoji", r."createdAt"
      from reactions r join users u on u."id" = r."userId"
      where r."messageId" = m."id" and r."userId" > ${after}::int
        and (${emoji}::text is null or replace(r."emoji", U&'\\FE0F', '') = replace(${emoji}::text, U&'\\FE0F', ''))
      order by r."userId", r."createdAt" limit ${limit + LIMITS.REACTIONS_OF_USER_MAX}::int
    ) r on true
    where m."id" = ${messageId}::int and m."deletedAt" is null and c."deletedAt" is null and (
      case when m."channelId" is null then ${actorId}::int in (m."senderId", m."receiverId")
      else exists (select 1 from channel_members me where me."channelId" = c."id" and me."userId" = ${actorId}::int) end)
    order by r."userId", r."createdAt"`;
}

/** At most `limit`, without the first ones of a user whose others would be on no page. One user's are always whole. */
function wholeUsers(reactions: Reaction[], limit: number): Reaction[] {
  if (reactions.length <= limit) return reactions;
  const first = reactions[0]?.userId;
  const cut = reactions[limit]?.userId;
  if (cut === first) return reactions.filter(({ userId }) => userId === first);
  return reactions.slice(0, limit).filter(({ userId }) => userId !== cut);
}
