// How rows become what clients see: the column lists of messages, users and channels, and their mapping.
import { sql } from 'drizzle-orm';
import { isoTime } from '../database/time.ts';
import type { Channel, ChannelType, User } from '../protocol/resources.ts';
import type { StoredMessage } from './log/event.ts';

/** What `storedMessageColumns` selects. Times are PostgreSQL's text. */
export interface MessageRow extends Record<string, unknown> {
  id: number;
  seq: number;
  updatedSeq: number;
  senderId: number;
  senderName: string;
  senderAvatar: string | null;
  text: string | null;
  url: string | null;
  fileName: string | null;
  clientId: string | null;
  channelId: number | null;
  receiverId: number | null;
  createdAt: string;
  updatedAt: string;
  deleted: boolean;
}

/** Of `chats m join users s on s."id" = m."senderId"`. The content of a deleted message stays in the database. */
export const storedMessageColumns = sql`
  m."id", m."seq", m."updatedSeq", m."senderId", s."username" as "senderName", s."avatar" as "senderAvatar",
  case when m."deletedAt" is null then m."text" end as "text",
  case when m."deletedAt" is null then m."url" end as "url",
  case when m."deletedAt" is null then m."fileName" end as "fileName",
  m."clientId", m."channelId", m."receiverId", m."createdAt", m."updatedAt", m."deletedAt" is not null as "deleted"`;

/** Leaves out whatever other columns the row has. */
export function toStoredMessage(row: MessageRow): StoredMessage {
  const createdAt = isoTime(row.createdAt);
  return {
    id: row.id,
    seq: row.seq,
    updatedSeq: row.updatedSeq,
    senderId: row.senderId,
    senderName: row.senderName,
    senderAvatar: row.senderAvatar,
    text: row.text,
    url: row.url,
    fileName: row.fileName,
    clientId: row.clientId,
    channelId: row.channelId,
    // A row of the former service may have both; it is the channel's then.
    receiverId: row.channelId === null ? row.receiverId : null,
    createdAt,
    updatedAt: row.updatedAt === row.createdAt ? createdAt : isoTime(row.updatedAt),
    deleted: row.deleted,
  };
}

/** What `userColumns` selects. */
export type UserRow = { id: number; username: string; email: string; avatar: string | null; createdAt: string };

/** Of `users u`. The password hash is not among them. */
export const userColumns = sql`u."id", u."username", u."email", u."avatar", u."createdAt"`;

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    username: row.username,
    email: row.email,
    avatar: row.avatar,
    createdAt: isoTime(row.createdAt),
  };
}

/** What `channelColumns` selects. */
export type ChannelRow = { id: number; name: string; type: ChannelType; ownerId: number; createdAt: string };

/** Of `channels c`. */
export const channelColumns = sql`c."id", c."name", c."type", c."ownerId", c."createdAt"`;

export function toChannel(row: ChannelRow): Channel {
  return { id: row.id, name: row.name, type: row.type, ownerId: row.ownerId, createdAt: isoTime(row.createdAt) };
}
