// What the first migration adds to full tables, so that a takeover can add it before without holding anybody up. Names
// and columns are those of migrations/0000_tables.sql. A test compares the outcome.
import type { Index } from '../database/index-build.ts';

/** Columns of `chats`, nullable and without default: added in an instant, whatever the number of rows. */
export const LOG_COLUMNS = ['conversationId', 'seq', 'updatedSeq', 'clientId'] as const;

export interface Unique {
  readonly table: string;
  readonly name: string;
  readonly columns: readonly string[];
}

export const UNIQUES: readonly Unique[] = [
  { table: 'users', name: 'UQ_users_username', columns: ['username'] },
  { table: 'users', name: 'UQ_users_email', columns: ['email'] },
  { table: 'channel_members', name: 'UQ_channel_members_user_channel', columns: ['userId', 'channelId'] },
];

export interface Reference {
  readonly table: string;
  readonly column: string;
  readonly target: string;
}

export const REFERENCES: readonly Reference[] = [
  { table: 'channels', column: 'ownerId', target: 'users' },
  { table: 'channel_members', column: 'userId', target: 'users' },
  { table: 'channel_members', column: 'channelId', target: 'channels' },
  { table: 'chats', column: 'senderId', target: 'users' },
  { table: 'chats', column: 'receiverId', target: 'users' },
  { table: 'chats', column: 'channelId', target: 'channels' },
];

export function referenceName({ table, column, target }: Reference): string {
  return `${table}_${column}_${target}_id_fk`;
}

export const INDEXES: readonly Index[] = [
  { table: 'users', name: 'IDX_users_email_lower', on: '(lower(email))' },
  { table: 'channel_members', name: 'IDX_channel_members_channel_id', on: '("channelId")' },
  { table: 'conversations', name: 'IDX_conversations_user_high', on: '("userHigh")' },
  { table: 'chats', name: 'UQ_chats_conversation_seq', unique: true, on: '("conversationId", seq)' },
  { table: 'chats', name: 'UQ_chats_conversation_updated_seq', unique: true, on: '("conversationId", "updatedSeq")' },
  {
    table: 'chats',
    name: 'UQ_chats_sender_client',
    unique: true,
    on: '("senderId", "clientId") WHERE "clientId" IS NOT NULL',
  },
];

/** Columns that never lack a value. */
export const FILLED: readonly { readonly table: string; readonly columns: readonly string[] }[] = [
  { table: 'users', columns: ['username', 'email', 'password', 'createdAt', 'updatedAt'] },
  { table: 'channels', columns: ['name', 'ownerId', 'type', 'createdAt', 'updatedAt'] },
  { table: 'channel_members', columns: ['userId', 'channelId', 'joinedAt'] },
  { table: 'chats', columns: ['senderId', 'createdAt', 'updatedAt'] },
];

/** Lengths that requests may need. A column without limit has room enough. */
export const WIDTHS: readonly { readonly table: string; readonly column: string; readonly length: number }[] = [
  { table: 'users', column: 'username', length: 50 },
  { table: 'users', column: 'email', length: 255 },
  { table: 'users', column: 'password', length: 255 },
  { table: 'users', column: 'avatar', length: 500 },
  { table: 'channels', column: 'name', length: 255 },
  { table: 'chats', column: 'url', length: 500 },
  { table: 'chats', column: 'fileName', length: 255 },
];

/** The log of a channel has no users. Added while the table is empty, so all at once. */
export const CONVERSATION_RULES: readonly string[] = [
  'ALTER TABLE conversations ADD CONSTRAINT "UQ_conversations_channel" UNIQUE ("channelId")',
  'ALTER TABLE conversations ADD CONSTRAINT "UQ_conversations_pair" UNIQUE ("userLow", "userHigh")',
  ...[
    { table: 'conversations', column: 'channelId', target: 'channels' },
    { table: 'conversations', column: 'userLow', target: 'users' },
    { table: 'conversations', column: 'userHigh', target: 'users' },
  ].map(
    (it) =>
      `ALTER TABLE conversations ADD CONSTRAINT "${referenceName(it)}" FOREIGN KEY ("${it.column}") REFERENCES ${it.target} (id) ON DELETE CASCADE`,
  ),
];
