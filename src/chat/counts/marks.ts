// Markers: up to where a user has read a conversation. Marks are committed in groups like messages. While a mark waits,
// later ones for the same user and conversation join it, and the highest counts.
import { sql } from 'drizzle-orm';
import type { Clock } from '../../backends/clock/clock.ts';
import { type Database, rows } from '../../database/database.ts';
import { type Deadline, deadlineIn } from '../../lib/deadline.ts';
import { ChatError, type ErrorCode, invalid } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { MarkedConversation, MarkItem, Totals } from '../../protocol/markers.ts';
import type { Principal } from '../accounts/principal.ts';
import { createGroupCommit, type Waiting } from '../log/group-commit.ts';
import type { AccountsMoved } from '../signal-publisher.ts';
import { createMarkSeats, type Mark, type Marked } from './mark-statement.ts';
import { totalsOf } from './totals.ts';

const MAX_BATCH_ROWS = 500;
const MARK_BYTES = 64;

export interface Marks {
  /** Moves the marker forward. Throws CHANNEL_NOT_FOUND, USER_NOT_FOUND, VALIDATION_FAILED (beyond the head). */
  read(actor: { readonly id: number }, item: MarkItem, deadline?: Deadline): Promise<Marked>;
  /** Moves the marker back to just before the number. Throws the same, also for one before the last 5,000 messages. */
  unread(actor: { readonly id: number }, item: MarkItem, deadline?: Deadline): Promise<Marked>;
  /** All of them or, if one is bad, none. */
  readMany(principal: Principal, items: readonly MarkItem[]): Promise<MarkedConversation[]>;
  readAll(principal: Principal): Promise<Totals>;
}

export interface MarksDependencies {
  readonly db: Database;
  readonly accountsMoved: AccountsMoved;
  readonly clock: Clock;
}

interface Open {
  readonly mark: { -readonly [K in keyof Mark]: Mark[K] };
  readonly stored: Promise<Marked>;
}

export function createMarks({ db, clock, accountsMoved }: MarksDependencies): Marks {
  const statement = createMarkSeats(db);
  /** Those that wait and may still be joined. */
  const open = new Map<string, Open>();
  const commit = createGroupCommit({ clock, maxBatchRows: MAX_BATCH_ROWS, store, settle });

  /** Tells the users' other connections. */
  async function markSeats(marks: readonly Mark[], whole: boolean): Promise<Marked[]> {
    const marked = await statement(marks, whole);
    const movers = marks.filter((_, index) => marked[index]?.moved).map(({ userId }) => userId);
    if (movers.length > 0) accountsMoved([...new Set(movers)]);
    return marked;
  }

  function store(marks: readonly Mark[]): Promise<Marked[]> {
    for (const mark of marks) if (open.get(nameOf(mark))?.mark === mark) open.delete(nameOf(mark));
    return markSeats(marks, false);
  }

  const put = (mark: Mark, deadline: Deadline) => commit(mark, `u${mark.userId}`, MARK_BYTES, deadline);

  async function read({ id }: { readonly id: number }, item: MarkItem, deadline = deadlineIn(LIMITS.ANSWER_MS)) {
    const mark: Mark = { ...item, userId: id, kind: 'read' };
    const shared = open.get(nameOf(mark)) ?? start({ ...mark }, deadline);
    shared.mark.seq = Math.max(shared.mark.seq, item.seq);
    try {
      return await shared.stored;
    } catch (error) {
      const isOthers = shared.mark.seq !== item.seq && error instanceof ChatError && error.code === 'VALIDATION_FAILED';
      if (!isOthers) throw error;
      return put(mark, deadline);
    }
  }

  function start(mark: Mark, deadline: Deadline): Open {
    const opened = { mark, stored: put(mark, deadline) };
    open.set(nameOf(mark), opened);
    return opened;
  }

  return {
    read,

    unread({ id }, item, deadline = deadlineIn(LIMITS.ANSWER_MS)) {
      const mark: Mark = { ...item, userId: id, kind: 'unread' };
      // What is read after this must not join what was read before it.
      open.delete(nameOf(mark));
      return put(mark, deadline);
    },

    async readMany({ id }, items) {
      const marks = items.map((item): Mark => ({ ...item, userId: id, kind: 'read' }));
      const marked = await markSeats(marks, true);
      for (const [index, { outcome }] of marked.entries())
        assertMarked(outcome, items.length > 1 ? `${index}.seq` : 'seq');
      return marked.map(({ readSeq, unread, mentions }, index) => {
        const { channelId, otherId } = marks[index] as Mark;
        return { channelId, userId: otherId, readSeq, unread, mentions };
      });
    },

    async readAll({ id }) {
      const behind = await rows<{ channelId: number | null; otherId: number | null; seq: number }>(db, unreadLogs(id));
      const marks = behind.map((log): Mark => ({ ...log, userId: id, kind: 'read' }));
      if (marks.length > 0) await markSeats(marks, false);
      return totalsOf(db, id);
    },
  };
}

function settle(
  batch: ReadonlyArray<Waiting<Mark, Marked>>,
  outcomes: readonly Marked[],
): ReadonlyArray<Waiting<Mark, Marked>> {
  const repeats: Waiting<Mark, Marked>[] = [];
  for (const [index, waiting] of batch.entries()) {
    const marked = outcomes[index] as Marked;
    if (marked.outcome === 'repeat') repeats.push(waiting);
    else if (marked.outcome === 'marked') waiting.resolve(marked);
    else waiting.reject(refusalOf(marked.outcome, 'seq'));
  }
  return repeats;
}

function nameOf({ userId, channelId, otherId }: Mark): string {
  return `${userId}:${channelId === null ? `d${otherId}` : `c${channelId}`}`;
}

const REFUSALS: Readonly<Record<string, ErrorCode>> = {
  no_channel: 'CHANNEL_NOT_FOUND',
  no_user: 'USER_NOT_FOUND',
};

function refusalOf(outcome: string, path: string): ChatError {
  const code = REFUSALS[outcome];
  if (code) return new ChatError(code);
  return invalid(path, outcome === 'beyond' ? 'is beyond the end of the log' : 'is not within the last 5,000 messages');
}

function assertMarked(outcome: string, path: string): void {
  if (outcome !== 'marked') throw refusalOf(outcome, path);
}

/** The conversations of a user whose marker is not at their head. */
function unreadLogs(userId: number) {
  return sql`select l."channelId", l."otherId", c."lastSeq" as "seq" from (
      select me."channelId", null::int as "otherId", v."id" from channel_members me
      join channels ch on ch."id" = me."channelId" and ch."deletedAt" is null
      join conversations v on v."channelId" = me."channelId" where me."userId" = ${userId}::int
      union all select null, v."userHigh", v."id" from conversations v where v."userLow" = ${userId}::int
      union all select null, v."userLow", v."id" from conversations v
      where v."userHigh" = ${userId}::int and v."userLow" <> v."userHigh"
    ) l join conversations c on c."id" = l."id"
    left join seats s on s."userId" = ${userId}::int and s."conversationId" = c."id"
    where c."lastSeq" > coalesce(s."readSeq", 0) order by c."id"`;
}
