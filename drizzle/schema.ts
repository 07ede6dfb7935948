// The tables. `users`, `channels`, `channel_members` and `chats` keep the names and types of the service that this one
// replaces. `conversations` holds one row per log. SQL functions and triggers are in functions/.
import { sql } from 'drizzle-orm';
import {
  boolean,
  check,
  customType,
  index,
  integer,
  pgEnum,
  pgTable,
  primaryKey,
  serial,
  text,
  timestamp,
  unique,
  uniqueIndex,
  varchar,
} from 'drizzle-orm/pg-core';

/** `timestamp without time zone` in UTC, read as PostgreSQL's text: see database/time.ts. */
const utc = (name: string) => timestamp(name, { mode: 'string' });
const now = sql`(now() at time zone 'utc')`;

/** Compared byte by byte, in the same order on every server. */
const plainText = customType<{ data: string }>({ dataType: () => 'text collate "C"' });

const times = {
  createdAt: utc('createdAt').notNull().default(now),
  updatedAt: utc('updatedAt').notNull().default(now),
  deletedAt: utc('deletedAt'),
};

export const channelsType = pgEnum('channels_type_enum', ['direct', 'group']);

export const users = pgTable(
  'users',
  {
    id: serial('id').primaryKey(),
    username: varchar('username', { length: 50 }).notNull(),
    email: varchar('email', { length: 255 }).notNull(),
    password: varchar('password', { length: 255 }).notNull(),
    avatar: varchar('avatar', { length: 500 }),
    /** Made an admin by the command. Users in ADMIN_EMAILS are admins without it. */
    isAdmin: boolean('isAdmin').notNull().default(false),
    /** Set by lib/fold.ts. Null if a program without it wrote the row, until it is filled: see folded-names.ts. */
    foldedUsername: plainText('foldedUsername'),
    foldedEmail: plainText('foldedEmail'),
    /** True for names chosen since names must differ in more than case. The former service told `Ada` from `ada`. */
    isNameUnique: boolean('isNameUnique').notNull().default(false),
    ...times,
  },
  (table) => [
    unique('UQ_users_username').on(table.username),
    unique('UQ_users_email').on(table.email),
    // For nodes of the version before. What it finds depends on the server's locale.
    index('IDX_users_email_lower').on(sql`lower(${table.email})`),
    // Partial, so that no reference can name it as a key: filling the column then makes no sender of a message wait.
    uniqueIndex('UQ_users_folded_username').on(table.foldedUsername).where(sql`"isNameUnique"`),
    index('IDX_users_folded_username').on(table.foldedUsername),
    // Not unique: the former service told `A@x` from `a@x`.
    index('IDX_users_folded_email').on(table.foldedEmail),
    index('IDX_users_unfolded').on(table.id).where(sql`"foldedUsername" is null or "foldedEmail" is null`),
  ],
);

export const channels = pgTable('channels', {
  id: serial('id').primaryKey(),
  name: varchar('name', { length: 255 }).notNull(),
  ownerId: integer('ownerId')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' }),
  type: channelsType('type').notNull().default('group'),
  ...times,
});

export const channelMembers = pgTable(
  'channel_members',
  {
    id: serial('id').primaryKey(),
    userId: integer('userId')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    channelId: integer('channelId')
      .notNull()
      .references(() => channels.id, { onDelete: 'cascade' }),
    joinedAt: utc('joinedAt').notNull().default(now),
  },
  (table) => [
    unique('UQ_channel_members_user_channel').on(table.userId, table.channelId),
    index('IDX_channel_members_channel_id').on(table.channelId),
  ],
);

/**
 * One log: of a channel, or of a pair of users (`userLow` <= `userHigh`). `lastSeq` is the number of its last event.
 * Every append updates it, so no index may cover `lastSeq` or `lastEventAt` (HOT updates), and its pages keep free
 * space.
 */
export const conversations = pgTable(
  'conversations',
  {
    id: serial('id').primaryKey(),
    channelId: integer('channelId').references(() => channels.id, { onDelete: 'cascade' }),
    userLow: integer('userLow').references(() => users.id, { onDelete: 'cascade' }),
    userHigh: integer('userHigh').references(() => users.id, { onDelete: 'cascade' }),
    lastSeq: integer('lastSeq').notNull().default(0),
    lastEventAt: utc('lastEventAt'),
    /** Grows when somebody loses access: events with a higher version wait until readers are checked. */
    accessVersion: integer('membersVersion').notNull().default(0),
  },
  (table) => [
    unique('UQ_conversations_channel').on(table.channelId),
    unique('UQ_conversations_pair').on(table.userLow, table.userHigh),
    index('IDX_conversations_user_high').on(table.userHigh),
    check(
      'CHK_conversations_channel_or_pair',
      sql`("channelId" IS NULL) = ("userLow" IS NOT NULL) AND ("userLow" IS NULL) = ("userHigh" IS NULL) AND "userLow" <= "userHigh"`,
    ),
  ],
);

/** Messages. `seq` is the number in the log at which a message was stored, `updatedSeq` that of its latest change. */
export const chats = pgTable(
  'chats',
  {
    id: serial('id').primaryKey(),
    senderId: integer('senderId')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    receiverId: integer('receiverId').references(() => users.id, { onDelete: 'cascade' }),
    channelId: integer('channelId').references(() => channels.id, { onDelete: 'cascade' }),
    text: text('text'),
    url: varchar('url', { length: 500 }),
    fileName: varchar('fileName', { length: 255 }),
    ...times,
    // No foreign key: rows of a log go with its channel or users, and a check per message would slow the append.
    conversationId: integer('conversationId'),
    seq: integer('seq'),
    updatedSeq: integer('updatedSeq'),
    clientId: varchar('clientId', { length: 64 }),
  },
  (table) => [
    uniqueIndex('UQ_chats_conversation_seq').on(table.conversationId, table.seq),
    uniqueIndex('UQ_chats_conversation_updated_seq').on(table.conversationId, table.updatedSeq),
    uniqueIndex('UQ_chats_sender_client').on(table.senderId, table.clientId).where(sql`"clientId" IS NOT NULL`),
  ],
);

/** Deleted channels whose messages still have their content, while it is being erased up to this number of the log. */
export const channelErasures = pgTable('channel_erasures', {
  channelId: integer('channelId')
    .primaryKey()
    .references(() => channels.id, { onDelete: 'cascade' }),
  erasedSeq: integer('erasedSeq').notNull().default(0),
});

/** The length of a SHA-256 digest in base64url. Tokens and addresses are stored as digests. */
const DIGEST = 43;

/** Single tokens that were ended early. A row is deleted some time after its token would have expired. */
export const endedTokens = pgTable(
  'ended_tokens',
  {
    tokenId: varchar('tokenId', { length: DIGEST }).primaryKey(),
    userId: integer('userId')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    expiresAt: utc('expiresAt').notNull(),
    endedAt: utc('endedAt').notNull(),
  },
  (table) => [
    index('IDX_ended_tokens_ended_at').on(table.endedAt),
    index('IDX_ended_tokens_expires_at').on(table.expiresAt),
    index('IDX_ended_tokens_user_id').on(table.userId),
  ],
);

/** Ends all tokens of a user of a generation before this one, except for the token that did so. */
export const sessionCutoffs = pgTable(
  'session_cutoffs',
  {
    userId: integer('userId')
      .primaryKey()
      .references(() => users.id, { onDelete: 'cascade' }),
    generation: integer('generation').notNull(),
    keptTokenId: varchar('keptTokenId', { length: DIGEST }),
    endedAt: utc('endedAt').notNull(),
  },
  (table) => [index('IDX_session_cutoffs_ended_at').on(table.endedAt)],
);

/** Addresses from which an account was signed in to, the latest of each. */
export const signInAddresses = pgTable(
  'sign_in_addresses',
  {
    userId: integer('userId')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    address: varchar('address', { length: DIGEST }).notNull(),
    lastAt: utc('lastAt').notNull(),
  },
  (table) => [primaryKey({ name: 'PK_sign_in_addresses', columns: [table.userId, table.address] })],
);

/**
 * One row with the id of this deployment. It is used wherever ids of several deployments meet, such as in Redis,
 * because each deployment counts its channels and users from 1. The migration makes it, and a restored database keeps
 * it.
 */
export const deployment = pgTable(
  'deployment',
  {
    isOnly: boolean('isOnly').primaryKey().default(true),
    id: varchar('id', { length: 36 }).notNull(),
  },
  () => [check('CHK_deployment_only', sql`"isOnly"`)],
);
