// The tables. `users`, `channels`, `channel_members` and `chats` keep the names and types of the service that this one
// replaces. `conversations` holds one row per log. SQL functions and triggers are in functions/.
import { sql } from 'drizzle-orm';
import {
  boolean,
  check,
  customType,
  index,
  integer,
  jsonb,
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
    /** Only what differs from the defaults, by the names of the REST interface. */
    settings: jsonb('settings').notNull().default({}),
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
  avatar: varchar('avatar', { length: 500 }),
  metadata: jsonb('metadata').notNull().default({}),
  /** Only what differs from the defaults. */
  settings: jsonb('settings').notNull().default({}),
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
 * One log: of a channel, of a pair of users (`userLow` <= `userHigh`), or of one account (`accountId`), which has what is
 * that user's alone. `lastSeq` is the number of its last event. Every append updates it, so no index may cover
 * `lastSeq`, `lastEventAt` or `messageCount` (HOT updates), and its pages keep free space.
 */
export const conversations = pgTable(
  'conversations',
  {
    id: serial('id').primaryKey(),
    channelId: integer('channelId').references(() => channels.id, { onDelete: 'cascade' }),
    userLow: integer('userLow').references(() => users.id, { onDelete: 'cascade' }),
    userHigh: integer('userHigh').references(() => users.id, { onDelete: 'cascade' }),
    accountId: integer('accountId').references(() => users.id, { onDelete: 'cascade' }),
    lastSeq: integer('lastSeq').notNull().default(0),
    lastEventAt: utc('lastEventAt'),
    /** Grows when somebody loses access: events with a higher version wait until readers are checked. */
    accessVersion: integer('membersVersion').notNull().default(0),
    /** How many countable messages were ever stored in it: see `chats.number`. */
    messageCount: integer('messageCount').notNull().default(0),
    /** False in logs from before counting, until the messages have their numbers: see database/message-counts.ts. */
    isCounted: boolean('isCounted').notNull().default(true),
    /** The number of the latest change of the channel's own record, or in the log of an account of the account's. */
    recordSeq: integer('recordSeq').notNull().default(0),
  },
  (table) => [
    unique('UQ_conversations_channel').on(table.channelId),
    unique('UQ_conversations_pair').on(table.userLow, table.userHigh),
    unique('UQ_conversations_account').on(table.accountId),
    index('IDX_conversations_user_high').on(table.userHigh),
    check(
      'CHK_conversations_one_kind',
      sql`num_nonnulls("channelId", "userLow", "accountId") = 1 AND ("userLow" IS NULL) = ("userHigh" IS NULL) AND "userLow" <= "userHigh"`,
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
    /**
     * How many countable messages the log had up to this one, itself included if it is countable. Deleted ones stay
     * counted; `IDX_chats_dead` finds them. Null in rows from before counting, until they are filled.
     */
    number: integer('number'),
    /** Not countable, and its mentions are not counted either. */
    silent: boolean('silent').notNull().default(false),
    /** A message of the same conversation. No foreign key, for the reason above. */
    replyToId: integer('replyToId'),
    metadata: jsonb('metadata'),
    /** The members that it names; null for none. */
    mentions: integer('mentions').array(),
    mentionAll: boolean('mentionAll').notNull().default(false),
    /** As readers get them: `[{emoji, count, userIds}]` in order of first use. Null for none. See `reactions`. */
    reactions: jsonb('reactions'),
    pinnedAt: utc('pinnedAt'),
    pinnedBy: integer('pinnedBy'),
  },
  (table) => [
    uniqueIndex('UQ_chats_conversation_seq').on(table.conversationId, table.seq),
    uniqueIndex('UQ_chats_conversation_updated_seq').on(table.conversationId, table.updatedSeq),
    uniqueIndex('UQ_chats_sender_client').on(table.senderId, table.clientId).where(sql`"clientId" IS NOT NULL`),
    // Partial, so that an ordinary message costs none of them anything.
    index('IDX_chats_dead').on(table.conversationId, table.seq).where(sql`"deletedAt" IS NOT NULL`),
    index('IDX_chats_replies').on(table.replyToId).where(sql`"replyToId" IS NOT NULL`),
    index('IDX_chats_pins').on(table.conversationId, table.pinnedAt).where(sql`"pinnedAt" IS NOT NULL`),
    index('IDX_chats_mention_all').on(table.conversationId, table.seq).where(sql`"mentionAll"`),
  ],
);

/** One reaction of one user to one message. `chats.reactions` has what readers see of all of them. */
export const reactions = pgTable(
  'reactions',
  {
    messageId: integer('messageId')
      .notNull()
      .references(() => chats.id, { onDelete: 'cascade' }),
    userId: integer('userId')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** In the spelling of the message's first one: see chat/reactions/. */
    emoji: plainText('emoji').notNull(),
    createdAt: utc('createdAt').notNull().default(now),
  },
  (table) => [
    primaryKey({ name: 'PK_reactions', columns: [table.messageId, table.userId, table.emoji] }),
    index('IDX_reactions_user_id').on(table.userId),
  ],
);

/** Who is named in which message, from `chats.mentions`, for counting. Gone with the message's deletion. */
export const mentions = pgTable(
  'mentions',
  {
    userId: integer('userId')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    conversationId: integer('conversationId')
      .notNull()
      .references(() => conversations.id, { onDelete: 'cascade' }),
    seq: integer('seq').notNull(),
    messageId: integer('messageId').notNull(),
  },
  (table) => [
    primaryKey({ name: 'PK_mentions', columns: [table.userId, table.conversationId, table.seq] }),
    index('IDX_mentions_latest').on(table.userId, table.messageId),
  ],
);

/**
 * What is one user's alone in one conversation: the marker, settings, and the end of a membership. No index covers what
 * changes (HOT updates). Who may read a channel is said by `channel_members` alone.
 */
export const seats = pgTable(
  'seats',
  {
    userId: integer('userId')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    conversationId: integer('conversationId')
      .notNull()
      .references(() => conversations.id, { onDelete: 'cascade' }),
    /** The account log's number of the latest change of the entry's own part. 0: it never changed. */
    accountSeq: integer('accountSeq').notNull().default(0),
    /** The marker: everything up to this number of the log is read. */
    readSeq: integer('readSeq').notNull().default(0),
    /** The highest that the marker ever was: what others see. */
    seenSeq: integer('seenSeq').notNull().default(0),
    /** When muting ends: `infinity` for never, null if it is not muted. */
    mutedUntil: utc('mutedUntil'),
    archived: boolean('archived').notNull().default(false),
    /** The head of the log when it was archived: a message after it ends that, unless it is muted. */
    archivedSeq: integer('archivedSeq').notNull().default(0),
    favourite: boolean('favourite').notNull().default(false),
    /** `all`, `mentions` or `none`; null for the default. */
    notify: varchar('notify', { length: 8 }),
    metadata: jsonb('metadata'),
    /** When and why the user's part in the conversation ended: `left`, `removed`, `banned` or `deleted`. */
    endedAt: utc('endedAt'),
    endedBy: varchar('endedBy', { length: 8 }),
  },
  (table) => [
    primaryKey({ name: 'PK_seats', columns: [table.userId, table.conversationId] }),
    index('IDX_seats_conversation_id').on(table.conversationId),
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
 * When a user's last connection ended. A table of its own, because each message and each sign-in reads `users`. No index
 * covers the time (HOT updates).
 */
export const lastSeen = pgTable('last_seen', {
  userId: integer('userId')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  at: utc('at').notNull(),
});

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
