// The columns of users and channels, and the mapping of their rows to what clients see.
import { sql } from 'drizzle-orm';
import { isoTime } from '../database/time.ts';
import type { Channel, ChannelType, OwnUser } from '../protocol/resources.ts';

/** What `userColumns` selects. */
export type UserRow = { id: number; username: string; email: string; avatar: string | null; createdAt: string };

/** The columns of `users u`, without the password hash. */
export const userColumns = sql`u."id", u."username", u."email", u."avatar", u."createdAt"`;

/** The user as they see themselves, with their email address. What others see is in email-view.ts. */
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

/** The columns of `channels c`. */
export const channelColumns = sql`c."id", c."name", c."type", c."ownerId", c."createdAt"`;

export function toChannel(row: ChannelRow): Channel {
  return { id: row.id, name: row.name, type: row.type, ownerId: row.ownerId, createdAt: isoTime(row.createdAt) };
}
