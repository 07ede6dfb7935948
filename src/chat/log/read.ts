// Reads of logs: pages, and the last numbers of logs.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { type MessageRow, storedMessageColumns, toStoredMessage } from './columns.ts';
import { channelKey, isChannelKey, type LogKey, pairKey } from './key.ts';
import type { LogPage, ReadLog } from './log.ts';

/** The head of a log: how far it has come. */
export interface LogHead {
  readonly key: LogKey;
  /** The number of its last event. */
  readonly head: number;
  readonly accessVersion: number;
}

interface PageRow extends MessageRow {
  head: number;
  accessVersion: number;
}

export function createReadLog(deps: { readonly db: Database }): ReadLog {
  return async (key, after, limit) => {
    // The head comes from the same snapshot as the messages, so numbers up to it that are absent here were replaced.
    // The limit is in the text, because for a parameter the planner would expect a tenth of the log.
    const page = await rows<PageRow>(
      deps.db,
      sql`select c."lastSeq" as head, c."membersVersion" as "accessVersion", m.* from conversations c
        left join lateral (
          select ${storedMessageColumns} from chats m join users s on s.id = m."senderId"
          where m."conversationId" = c.id and m."updatedSeq" > ${after}::int
          order by m."updatedSeq" limit ${sql.raw(String(limit))}
        ) m on true
        where ${ofKey(key)} order by m."updatedSeq"`,
    );
    return toPage(page, after, limit);
  };
}

function ofKey(key: LogKey) {
  return isChannelKey(key)
    ? sql`c."channelId" = ${key.channelId}::int`
    : sql`c."userLow" = ${key.userLow}::int and c."userHigh" = ${key.userHigh}::int`;
}

function toPage(page: readonly PageRow[], after: number, limit: number): LogPage {
  const first = page[0];
  if (!first) return { messages: [], upTo: after, head: 0, accessVersion: 0 };
  const messages = first.id === null ? [] : page.map(toStoredMessage);
  const whole = messages.length < limit;
  return {
    messages,
    upTo: whole ? Math.max(first.head, after) : (messages.at(-1)?.updatedSeq as number),
    head: first.head,
    accessVersion: first.accessVersion,
  };
}

interface HeadRow extends Record<string, unknown> {
  channelId: number | null;
  userLow: number;
  userHigh: number;
  head: number;
  accessVersion: number;
}

const headColumns = sql`c."channelId", c."userLow", c."userHigh", c."lastSeq" as head, c."membersVersion" as "accessVersion"`;

function toHead(row: HeadRow): LogHead {
  const key = row.channelId === null ? pairKey(row.userLow, row.userHigh) : channelKey(row.channelId);
  return { key, head: row.head, accessVersion: row.accessVersion };
}

/** Heads of channels' logs, by channel id. */
export function createReadChannelHeads(deps: { readonly db: Database }) {
  return async (channelIds: readonly number[]): Promise<LogHead[]> => {
    const found = await rows<HeadRow>(
      deps.db,
      sql`select ${headColumns} from conversations c where c."channelId" = any(${sql.param(channelIds)}::int[])`,
    );
    return found.map(toHead);
  };
}

/**
 * Heads of all direct logs of these users. `since`: only logs with an event after that time of the database, minus
 * `marginMs`. If the database's clock was set back, its present time counts instead.
 */
export function createReadPairHeads(deps: { readonly db: Database }) {
  return async (userIds: readonly number[], since?: string, marginMs = 0): Promise<LogHead[]> => {
    const recent =
      since === undefined
        ? sql``
        : sql`and c."lastEventAt" > least(${since}::timestamp, now() at time zone 'utc')
            - ${marginMs}::float8 * interval '1 millisecond'`;
    const ids = sql.param(userIds);
    const found = await rows<HeadRow>(
      deps.db,
      sql`select ${headColumns} from conversations c where c."userLow" = any(${ids}::int[]) ${recent}
        union
        select ${headColumns} from conversations c where c."userHigh" = any(${ids}::int[]) ${recent}`,
    );
    return found.map(toHead);
  };
}

/** The time by the database's clock, as PostgreSQL's text in UTC. */
export function createReadTime(deps: { readonly db: Database }) {
  return async (): Promise<string> => {
    const [row] = await rows<{ time: string }>(deps.db, sql`select (now() at time zone 'utc')::text as time`);
    return row?.time as string;
  };
}

/** What a join needs to know of a channel: how far its log has come. There is one only if the user is a member. */
export interface Entry {
  readonly head: number;
  readonly accessVersion: number;
}

/** Looks up many joins in one statement. Those of users who are not members are left out. */
export function createReadEntries(deps: { readonly db: Database }) {
  return async (wanted: ReadonlyArray<{ userId: number; channelId: number }>): Promise<Map<string, Entry>> => {
    const found = await rows<{ userId: number; channelId: number; head: number; accessVersion: number }>(
      deps.db,
      sql`select w."userId", w."channelId", coalesce(c."lastSeq", 0) as head, coalesce(c."membersVersion", 0) as "accessVersion"
        from unnest(${sql.param(wanted.map((entry) => entry.userId))}::int[], ${sql.param(wanted.map((entry) => entry.channelId))}::int[]) as w("userId", "channelId")
        join users u on u.id = w."userId" and u."deletedAt" is null
        join channel_members m on m."userId" = w."userId" and m."channelId" = w."channelId"
        join channels ch on ch.id = w."channelId" and ch."deletedAt" is null
        left join conversations c on c."channelId" = w."channelId"`,
    );
    return new Map(found.map((row) => [entryName(row.userId, row.channelId), row]));
  };
}

/** The key of one entry in the result of a lookup: the user, and the channel or other user. */
export function entryName(userId: number, otherId: number): string {
  return `${userId}:${otherId}`;
}

/** What a join of direct messages needs to know: how far the log of the two has come, 0 if there is none yet. */
export interface PairEntry {
  readonly head: number;
}

/** Looks up the direct log of each pair. Pairs whose users do not both exist are left out. */
export function createReadPairEntries(deps: { readonly db: Database }) {
  return async (wanted: ReadonlyArray<{ userId: number; otherId: number }>): Promise<Map<string, PairEntry>> => {
    const found = await rows<{ userId: number; otherId: number; head: number }>(
      deps.db,
      sql`select w."userId", w."otherId", coalesce(c."lastSeq", 0) as head
        from unnest(${sql.param(wanted.map((entry) => entry.userId))}::int[], ${sql.param(wanted.map((entry) => entry.otherId))}::int[]) as w("userId", "otherId")
        join users u on u.id = w."otherId" and u."deletedAt" is null
        join users me on me.id = w."userId" and me."deletedAt" is null
        left join conversations c on c."userLow" = least(w."userId", w."otherId") and c."userHigh" = greatest(w."userId", w."otherId")`,
    );
    return new Map(found.map((row) => [entryName(row.userId, row.otherId), row]));
  };
}

/** Which of these users have no account any more. */
export function createReadGoneUsers(deps: { readonly db: Database }) {
  return async (userIds: readonly number[]): Promise<number[]> => {
    const found = await rows<{ id: number }>(
      deps.db,
      sql`select w.id from unnest(${sql.param(userIds)}::int[]) as w(id)
        where not exists (select 1 from users u where u.id = w.id and u."deletedAt" is null)`,
    );
    return found.map(({ id }) => id);
  };
}

/** Which of these users may read the channel's log, and whether the channel is gone. */
export interface Readership {
  readonly members: ReadonlySet<number>;
  readonly deleted: boolean;
}

export function createReadReadership(deps: { readonly db: Database }) {
  return async (channelId: number, userIds: readonly number[]): Promise<Readership> => {
    const found = await rows<{ userId: number | null }>(
      deps.db,
      sql`select m."userId" from channels c
        left join (channel_members m join users u on u.id = m."userId" and u."deletedAt" is null)
          on m."channelId" = c.id and m."userId" = any(${sql.param(userIds)}::int[])
        where c.id = ${channelId}::int and c."deletedAt" is null`,
    );
    return { members: new Set(found.flatMap((row) => row.userId ?? [])), deleted: found.length === 0 };
  };
}
