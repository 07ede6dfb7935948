// The columns of users and channels, the mapping of their rows to what clients see, and the SQL that writes fields of
// channels.
import { type SQL, sql } from 'drizzle-orm';
import { isoTime } from '../database/time.ts';
import { CHANNEL_COLUMNS, CHANNEL_FIELDS, type Channel, type ChannelFields } from '../protocol/channels.ts';
import type { OwnUser } from '../protocol/resources.ts';

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

/** What `channelColumns` selects. Times are PostgreSQL's text. */
export type ChannelRow = { [K in keyof Channel]: Channel[K] };

/** The columns of `channels c`. */
export const channelColumns = sql.raw(CHANNEL_COLUMNS.map((name) => `c."${name}"`).join(', '));

export function toChannel(row: ChannelRow): Channel {
  return { id: row.id, name: row.name, type: row.type, ownerId: row.ownerId, createdAt: isoTime(row.createdAt) };
}

/** How a statement writes fields of a channel. */
export interface WrittenFields {
  /** `"name", …` of `channels`, and the same of `f`. */
  readonly columns: SQL;
  readonly values: SQL;
  /** `"name" = f."name", …` */
  readonly assignments: SQL;
  /** The fields as a row `f` of the table's types. */
  readonly source: SQL;
}

/** For at least one field. */
export function writtenFields(fields: Partial<ChannelFields>): WrittenFields {
  const names = CHANNEL_FIELDS.filter((name) => Object.hasOwn(fields, name));
  const list = (spell: (name: string) => string) => sql.raw(names.map(spell).join(', '));
  return {
    columns: list((name) => `"${name}"`),
    values: list((name) => `f."${name}"`),
    assignments: list((name) => `"${name}" = f."${name}"`),
    source: sql`jsonb_populate_record(null::channels, ${JSON.stringify(fields)}::text::jsonb) f`,
  };
}
