// How rows of users and channels become what clients see: their column lists and their mapping.
import { sql } from 'drizzle-orm';
import { isoTime } from '../database/time.ts';
import type { Channel, ChannelType, OwnUser } from '../protocol/resources.ts';

/** What `userColumns` selects. */
export type UserRow = { id: number; username: string; email: string; avatar: string | null; createdAt: string };

/** Of `users u`. The password hash is not among them. */
export const userColumns = sql`u."id", u."username", u."email", u."avatar", u."createdAt"`;

/** With the email address: for who it belongs to. What others see is in email-view.ts. */
export function toUser(row: UserRow): OwnUser {
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
