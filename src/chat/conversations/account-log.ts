// Reads of account logs: how far they have come, and pages of what changed, each object once, in its present state.
import { type SQL, sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { accountData, conversationData } from '../../protocol/account-log.ts';
import type { EndReason, Entry } from '../../protocol/conversations.ts';
import type { ServerFrameType } from '../../protocol/server-frames.ts';
import type { EmailView } from '../email-view.ts';
import type { LogPage, ObjectEvent } from '../log/log.ts';
import { createEntries } from './entries.ts';
import { readAccount } from './sync.ts';

export interface AccountHead {
  readonly userId: number;
  readonly head: number;
}

/** The heads of these users' account logs. Those that do not exist yet are left out: 0. */
export function createReadAccountHeads({ db }: { readonly db: Database }) {
  return (userIds: readonly number[]): Promise<AccountHead[]> =>
    rows<AccountHead & Record<string, unknown>>(
      db,
      sql`select c."accountId" as "userId", c."lastSeq" as "head" from conversations c
        where c."accountId" = any(${sql.param(userIds)}::int[])`,
    );
}

type ChangedSeat = Record<string, unknown> & {
  log: number;
  channelId: number | null;
  userId: number | null;
  accountSeq: number;
  endedBy: EndReason | null;
};

/** At most `limit` conversations, and the account itself. The head is read first, so nothing up to it is missing. */
export function createReadAccountPage({ db, emails }: { readonly db: Database; readonly emails: EmailView }) {
  const entries = createEntries({ db, emails });

  async function eventsOf(userId: number, seats: readonly ChangedSeat[]): Promise<ObjectEvent[]> {
    const going = seats.filter(({ endedBy }) => endedBy === null);
    const found = new Map((await entries.named(userId, going)).map((entry) => [nameOf(entry), entry]));
    return seats.flatMap((seat) => eventOf(seat, found.get(nameOf(seat))) ?? []);
  }

  return async (userId: number, after: number, limit: number): Promise<LogPage> => {
    const [log] = await rows<{ head: number; recordSeq: number }>(
      db,
      sql`select "lastSeq" as "head", "recordSeq" from conversations where "accountId" = ${userId}::int`,
    );
    if (!log) return { messages: [], upTo: after, head: 0, accessVersion: 0 };
    const seats = await rows<ChangedSeat>(db, changedSeats(userId, after, log.head, limit));
    const upTo = seats.length < limit ? Math.max(log.head, after) : (seats.at(-1)?.accountSeq as number);
    const objects = await eventsOf(userId, seats);
    if (log.recordSeq > after && log.recordSeq <= upTo) {
      const data = accountData(await readAccount(db, userId));
      objects.push({ seq: log.recordSeq, id: 0, type: 'account.updated', data });
    }
    return { messages: [], objects: objects.sort((a, b) => a.seq - b.seq), upTo, head: log.head, accessVersion: 0 };
  };
}

function changedSeats(userId: number, after: number, head: number, limit: number): SQL {
  return sql`select s."conversationId" as "log", c."channelId", s."accountSeq", s."endedBy",
      case when c."userLow" = ${userId}::int then c."userHigh" else c."userLow" end as "userId"
    from seats s join conversations c on c."id" = s."conversationId"
    where s."userId" = ${userId}::int and s."accountSeq" > ${after}::int and s."accountSeq" <= ${head}::int
    order by s."accountSeq" limit ${limit}::int`;
}

/** Undefined if the user's part ended meanwhile: that has a later number. */
function eventOf(seat: ChangedSeat, entry: Entry | undefined): ObjectEvent | undefined {
  const event = (type: ServerFrameType, data: object) => ({ seq: seat.accountSeq, id: seat.log, type, data });
  if (seat.endedBy !== null) {
    return event('conversation.removed', { channel_id: seat.channelId as number, reason: seat.endedBy });
  }
  return entry && event('conversation.updated', conversationData(entry));
}

function nameOf({ channelId, userId }: { channelId: number | null; userId: number | null }): string {
  return channelId === null ? `d${userId}` : `c${channelId}`;
}
