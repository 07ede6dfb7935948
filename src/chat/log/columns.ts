// The columns of a message, and the mapping to a StoredMessage: from a row, from the result of the SQL functions, and
// from the draft of a new message.
import { sql } from 'drizzle-orm';
import { isoTime } from '../../database/time.ts';
import { CONTENT_FIELDS, contentOf, EMPTY_CONTENT, type GivenContent } from '../../protocol/messages.ts';
import type { ReactionCounts } from '../../protocol/reaction-counts.ts';
import type { StoredMessage } from './event.ts';
import type { Draft } from './log.ts';

export interface SenderRow {
  senderName: string;
  senderAvatar: string | null;
}

/**
 * A message as the SQL function `message_state` returns it; a newer version may add fields. Times are PostgreSQL's
 * text. A deleted message has no content.
 */
export interface StateRow extends GivenContent {
  id: number;
  seq: number;
  updatedSeq: number;
  senderId: number;
  clientId: string | null;
  channelId: number | null;
  receiverId: number | null;
  createdAt: string;
  updatedAt: string;
  reactions: ReactionCounts | null;
  pinnedAt: string | null;
  pinnedBy: number | null;
  deleted: boolean;
}

/** What `storedMessageColumns` selects. */
export interface MessageRow extends StateRow, SenderRow, Record<string, unknown> {}

/** The content of a deleted message stays in the database. */
const contentColumns = CONTENT_FIELDS.map(
  (name) => `case when m."deletedAt" is null then m."${name}" end as "${name}"`,
);

/** Of `chats m join users s on s."id" = m."senderId"`. */
export const storedMessageColumns = sql`
  m."id", m."seq", m."updatedSeq", m."senderId", s."username" as "senderName", s."avatar" as "senderAvatar",
  ${sql.raw(contentColumns.join(', '))},
  m."clientId", m."channelId", m."receiverId", m."createdAt", m."updatedAt", m."reactions", m."pinnedAt", m."pinnedBy",
  m."deletedAt" is not null as "deleted"`;

/** Leaves out any other columns that the row has. */
export function toStoredMessage(row: MessageRow): StoredMessage {
  const createdAt = isoTime(row.createdAt);
  return {
    id: row.id,
    seq: row.seq,
    updatedSeq: row.updatedSeq,
    senderId: row.senderId,
    senderName: row.senderName,
    senderAvatar: row.senderAvatar,
    content: row.deleted ? EMPTY_CONTENT : contentOf(row),
    clientId: row.clientId,
    channelId: row.channelId,
    // A row of the former service may have both. Then the message belongs to the channel.
    receiverId: row.channelId === null ? row.receiverId : null,
    createdAt,
    updatedAt: row.updatedAt === row.createdAt ? createdAt : isoTime(row.updatedAt),
    pinnedAt: row.pinnedAt === null || row.deleted ? undefined : isoTime(row.pinnedAt),
    pinnedBy: row.deleted ? undefined : (row.pinnedBy ?? undefined),
    reactions: row.deleted ? undefined : (row.reactions ?? undefined),
    deleted: row.deleted,
  };
}

/** The same for the result of `message_state`. Only for single messages, because it copies. */
export function fromState(state: StateRow, { senderName, senderAvatar }: SenderRow): StoredMessage {
  return toStoredMessage({ ...state, senderName, senderAvatar });
}

/** A draft that was just stored. Field by field, because spreading objects was an eighth of the cost of storing. */
export function fromDraft(
  draft: Draft,
  row: SenderRow & { id: number; seq: number; createdAt: string },
): StoredMessage {
  const createdAt = isoTime(row.createdAt);
  return {
    id: row.id,
    seq: row.seq,
    updatedSeq: row.seq,
    senderId: draft.senderId,
    senderName: row.senderName,
    senderAvatar: row.senderAvatar,
    content: draft.content,
    clientId: draft.clientId,
    channelId: draft.channelId,
    receiverId: draft.receiverId,
    createdAt,
    updatedAt: createdAt,
    pinnedAt: undefined,
    pinnedBy: undefined,
    reactions: undefined,
    deleted: false,
  };
}
