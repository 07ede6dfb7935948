// The entries of a user: each conversation as that user sees it, with what is the user's alone.
import { type SQL, sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { isoTime } from '../../database/time.ts';
import type { ConversationName, Entry } from '../../protocol/conversations.ts';
import { messageResource } from '../../protocol/messages.ts';
import { mentionCount, unreadCount } from '../counts/unread.ts';
import type { EmailView } from '../email-view.ts';
import { fromState, type SenderRow, type StateRow } from '../log/columns.ts';
import { otherUser } from '../members/membership.ts';

/** What `entryColumns` selects. Times are PostgreSQL's text. */
type EntryRow = Omit<Entry, 'lastMessage' | 'user' | 'muted'> &
  Record<string, unknown> & {
    storedName: string | null;
    otherName: string | null;
    otherAvatar: string | null;
    username: string | null;
    userAvatar: string | null;
    mutedUntil: string | null;
    lastState: StateRow | null;
  } & SenderRow;

/**
 * The logs in which a user has a part: `log` (null if the channel has none yet), `channelId`, `userId`. A channel only
 * for its members, a pair once the two have written to each other.
 */
export const logsOf = (userId: number) => sql`(
  select v."id" as "log", me."channelId", null::int as "userId", coalesce(v."lastSeq", 0) as "lastSeq", v."lastEventAt"
    from channel_members me join channels c on c."id" = me."channelId" and c."deletedAt" is null
    left join conversations v on v."channelId" = me."channelId" where me."userId" = ${userId}::int
  union all
  select v."id", null, v."userHigh", v."lastSeq", v."lastEventAt" from conversations v where v."userLow" = ${userId}::int
  union all
  select v."id", null, v."userLow", v."lastSeq", v."lastEventAt" from conversations v
    where v."userHigh" = ${userId}::int and v."userLow" <> v."userHigh")`;

/** The latest event first. */
export const LATEST_FIRST = sql`l."lastEventAt" desc nulls last, l."channelId", l."userId"`;

/** Muted at the moment of the statement. */
const isMuted = sql`coalesce(s."mutedUntil" > now() at time zone 'utc', false)`;

/** Where the user stands in the log. */
const place = {
  log: sql`v`,
  reader: sql`me.id`,
  readSeq: sql`coalesce(s."readSeq", 0)`,
  seenSeq: sql`coalesce(s."seenSeq", 0)`,
};

const entryColumns = sql`
  l."channelId", l."userId", coalesce(c."type", 'direct') as "type", c."name" as "storedName", c."avatar", c."ownerId",
  n."name" as "otherName", n."avatar" as "otherAvatar", o."username", o."avatar" as "userAvatar",
  case when c."ownerId" = me.id then 'owner' when c."id" is not null then 'member' end as "role",
  case when c."id" is not null then (
    select count(*)::int from channel_members m where m."channelId" = c."id") end as "memberCount",
  c."metadata", coalesce(v."recordSeq", 0) as "updatedSeq", l."lastSeq", l."lastEventAt",
  coalesce(v."messageCount", 0) as "messageCount", ${place.readSeq} as "readSeq", ${unreadCount(place)} as "unread",
  ${mentionCount(place)} as "mentions", last."state" as "lastState", sender."username" as "senderName", sender."avatar" as "senderAvatar",
  case when ${isMuted} then s."mutedUntil"::text end as "mutedUntil",
  coalesce(s."archived", false) and (${isMuted} or not exists (
    select 1 from chats m where m."conversationId" = l."log" and m."seq" > s."archivedSeq")) as "archived",
  coalesce(s."favourite", false) as "favourite",
  coalesce(s."notify", case when c."type" = 'group' then 'mentions' else 'all' end) as "notify",
  coalesce(s."metadata", '{}') as "ownMetadata", coalesce(s."accountSeq", 0) as "accountSeq"`;

/** The entries of the logs that `of` selects from `logsOf`, `limit` at most if it is given. */
function entriesQuery(userId: number, emails: EmailView, of: SQL, order: SQL): SQL {
  return sql`select ${entryColumns}
    from (select ${userId}::int as id) me, (${of}) l
    left join conversations v on v."id" = l."log"
    left join channels c on c."id" = l."channelId"
    left join users o on o."id" = l."userId"
    left join seats s on s."userId" = ${userId}::int and s."conversationId" = l."log"
    left join lateral (${otherUser(userId, emails)}) n on true
    left join lateral (
      select m."senderId", message_state(m) as "state" from chats m
      where m."conversationId" = l."log" and m."deletedAt" is null order by m."seq" desc limit 1) last on true
    left join users sender on sender."id" = last."senderId"
    order by ${order}`;
}

export interface Entries {
  /** All of the user's, the latest event first. */
  list(userId: number): Promise<Entry[]>;
  /** Those that are not the user's are left out. */
  named(userId: number, names: readonly ConversationName[]): Promise<Entry[]>;
  /** Returns undefined if the user has no part in it. */
  one(userId: number, name: ConversationName): Promise<Entry | undefined>;
}

export function createEntries({ db, emails }: { readonly db: Database; readonly emails: EmailView }): Entries {
  async function read(userId: number, where: SQL): Promise<Entry[]> {
    const of = sql`select * from ${logsOf(userId)} l where ${where}`;
    const found = await rows<EntryRow>(db, entriesQuery(userId, emails, of, LATEST_FIRST));
    return found.map((row) => toEntry(row, emails));
  }

  return {
    list: (userId) => read(userId, sql`true`),
    async named(userId, names) {
      if (names.length === 0) return [];
      const channels = names.flatMap(({ channelId }) => channelId ?? []);
      const others = names.flatMap((name) => name.userId ?? []);
      const isNamed = sql`l."channelId" = any(${sql.param(channels)}::int[]) or l."userId" = any(${sql.param(others)}::int[])`;
      return read(userId, sql`(${isNamed})`);
    },
    async one(userId, name) {
      const [entry] = await read(userId, isLog(name));
      return entry;
    },
  };
}

export function isLog({ channelId, userId }: ConversationName): SQL {
  return channelId === null ? sql`l."userId" = ${userId}::int` : sql`l."channelId" = ${channelId}::int`;
}

function toEntry(row: EntryRow, emails: EmailView): Entry {
  const isDirectChannel = row.channelId !== null && row.type === 'direct';
  return {
    channelId: row.channelId,
    userId: row.userId,
    type: row.type,
    name: isDirectChannel ? (row.otherName ?? emails.storedDirectName(row.storedName ?? '')) : row.storedName,
    avatar: isDirectChannel ? row.otherAvatar : row.avatar,
    user: row.userId === null ? null : { id: row.userId, username: row.username ?? '', avatar: row.userAvatar },
    ownerId: row.ownerId,
    role: row.role,
    memberCount: row.memberCount,
    metadata: row.metadata,
    updatedSeq: row.updatedSeq,
    lastSeq: row.lastSeq,
    lastEventAt: row.lastEventAt && isoTime(row.lastEventAt),
    lastMessage: row.lastState && messageResource(fromState(row.lastState, row)),
    messageCount: row.messageCount,
    readSeq: row.readSeq,
    unread: row.unread,
    mentions: row.mentions,
    muted: mutedOf(row.mutedUntil),
    archived: row.archived,
    favourite: row.favourite,
    notify: row.notify,
    ownMetadata: row.ownMetadata,
    accountSeq: row.accountSeq,
  };
}

function mutedOf(until: string | null): boolean | string {
  if (until === null) return false;
  return until === 'infinity' ? true : isoTime(until);
}
