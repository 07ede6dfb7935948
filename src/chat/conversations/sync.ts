// The sync after an absence: which conversations of a user changed, which are gone, and the account.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { isoTime } from '../../database/time.ts';
import type { ConversationName, EndReason, Settings } from '../../protocol/conversations.ts';
import { ChatError, invalid } from '../../protocol/errors.ts';
import type { Account, RemovedConversation, SyncBody, SyncPage } from '../../protocol/sync.ts';
import type { Principal } from '../accounts/principal.ts';
import { allSettings } from '../accounts/settings.ts';
import { totalsOf } from '../counts/totals.ts';
import { toUser, type UserRow, userColumns } from '../rows.ts';
import { type Entries, LATEST_FIRST, logsOf } from './entries.ts';

/** Throws VALIDATION_FAILED if `since` is beyond the end of the account log. */
export type Sync = (principal: Principal, body: SyncBody) => Promise<SyncPage>;

/** Where a conversation of the user stands. */
type Standing = ConversationName & Record<string, unknown> & { lastSeq: number; accountSeq: number };

export function createSync({ db, entries }: { readonly db: Database; readonly entries: Entries }): Sync {
  /** Reads the number first: what changes after it comes with the next sync, even if this one shows it already. */
  async function firstPage(principal: Principal, body: SyncBody): Promise<SyncPage> {
    const { since } = body;
    const { seq, recordSeq } = await readAccountLog(db, principal.id);
    if (since !== undefined && since > seq) throw invalid('since', `is beyond the end of the log, which is ${seq}`);
    const standings = await readStandings(db, principal.id);
    const page = await pageOf(principal, seq, standings.filter(changedFor(body)), body.limit);
    const removed = await readRemoved(db, principal.id, body, new Set(standings.map(nameOf)));
    const hasAccount = since === undefined || recordSeq > since;
    return { ...page, removed, ...(hasAccount && { account: await readAccount(db, principal.id) }) };
  }

  /** What was removed meanwhile is left out: its end is in the account log after `seq`. */
  async function pageOf(
    { id }: Principal,
    seq: number,
    due: readonly ConversationName[],
    limit: number,
  ): Promise<SyncPage> {
    const [now, later] = [due.slice(0, limit), due.slice(limit)];
    const [shown, totals] = await Promise.all([entries.named(id, now), totalsOf(db, id)]);
    const found = new Map(shown.map((entry) => [nameOf(entry), entry]));
    return {
      seq,
      conversations: now.map((name) => found.get(nameOf(name))).filter((entry) => entry !== undefined),
      removed: [],
      totals,
      cursor: later.length > 0 ? [seq, ...later.map(shortName)].join('.') : null,
    };
  }

  return (principal, body) => {
    if (body.cursor === undefined) return firstPage(principal, body);
    const [seq, ...names] = body.cursor.split('.');
    return pageOf(principal, Number(seq), names.map(fromShortName), body.limit);
  };
}

function changedFor({ since, heads }: SyncBody): (standing: Standing) => boolean {
  if (since === undefined && heads === undefined) return () => true;
  return (standing) =>
    (since !== undefined && standing.accountSeq > since) ||
    (heads !== undefined && heads[nameOf(standing)] !== standing.lastSeq);
}

export function nameOf({ channelId, userId }: ConversationName): string {
  return channelId === null ? `d${userId}` : `c${channelId}`;
}

/** The id in base 36, because a cursor may have thousands of them. */
function shortName({ channelId, userId }: ConversationName): string {
  return channelId === null ? `d${userId?.toString(36)}` : `c${channelId.toString(36)}`;
}

/** An id that is too large is no conversation of anybody. */
function fromShortName(name: string): ConversationName {
  const id = Math.min(Number.parseInt(name.slice(1), 36), 2_147_483_647);
  return name.startsWith('c') ? { channelId: id, userId: null } : { channelId: null, userId: id };
}

async function readAccountLog(db: Database, userId: number): Promise<{ seq: number; recordSeq: number }> {
  const [log] = await rows<{ seq: number; recordSeq: number }>(
    db,
    sql`select "lastSeq" as "seq", "recordSeq" from conversations where "accountId" = ${userId}::int`,
  );
  return log ?? { seq: 0, recordSeq: 0 };
}

/** All of the user's, the latest event first. It must be cheap for thousands. */
function readStandings(db: Database, userId: number): Promise<Standing[]> {
  return rows<Standing>(
    db,
    sql`select l."channelId", l."userId", l."lastSeq", coalesce(s."accountSeq", 0) as "accountSeq"
      from ${logsOf(userId)} l left join seats s on s."userId" = ${userId}::int and s."conversationId" = l."log"
      order by ${LATEST_FIRST}`,
  );
}

type EndedRow = { channelId: number; accountSeq: number; reason: EndReason; at: string };

/** What ended after `since`, and what `heads` names although it is not the user's. Strangers' logs look like no logs. */
async function readRemoved(
  db: Database,
  userId: number,
  { since, heads = {} }: SyncBody,
  own: ReadonlySet<string>,
): Promise<RemovedConversation[]> {
  const foreign = Object.keys(heads).filter((name) => !own.has(name));
  if (since === undefined && foreign.length === 0) return [];
  const ended = await rows<EndedRow>(
    db,
    sql`select c."channelId", s."accountSeq", s."endedBy" as "reason", s."endedAt" as "at"
      from seats s join conversations c on c."id" = s."conversationId" and c."channelId" is not null
      where s."userId" = ${userId}::int and s."endedBy" is not null order by s."accountSeq"`,
  );
  const known = new Map(ended.map((row) => [`c${row.channelId}`, row]));
  const named = new Set(foreign);
  const isDue = ({ channelId, accountSeq }: EndedRow) =>
    !own.has(`c${channelId}`) && (named.has(`c${channelId}`) || (since !== undefined && accountSeq > since));
  return [
    ...ended.filter(isDue).map(({ channelId, reason, at }) => ({ channelId, userId: null, reason, at: isoTime(at) })),
    ...foreign
      .filter((name) => !known.has(name))
      .map((name) => ({ ...idsOf(name), reason: 'removed' as const, at: null })),
  ];
}

function idsOf(name: string): ConversationName {
  const id = Number(name.slice(1));
  return name.startsWith('c') ? { channelId: id, userId: null } : { channelId: null, userId: id };
}

/** Nobody can be blocked yet. */
export async function readAccount(db: Database, userId: number): Promise<Account> {
  const [row] = await rows<UserRow & { settings: Partial<Settings> }>(
    db,
    sql`select ${userColumns}, u."settings" from users u where u."id" = ${userId}::int and u."deletedAt" is null`,
  );
  if (!row) throw new ChatError('UNAUTHORIZED');
  return { user: toUser(row), settings: allSettings(row.settings), blocked: [] };
}
