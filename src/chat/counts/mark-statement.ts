// The statement that moves markers, and what it returns of each: the marker and the counts from there.
import { sql } from 'drizzle-orm';
import type { Database } from '../../database/database.ts';
import { prepare } from '../../database/prepared.ts';
import { mentionCount, unreadCount } from './unread.ts';

/** Exactly one of `channelId` and `otherId` (the other user of a pair) is not null. */
export interface Mark {
  readonly userId: number;
  readonly channelId: number | null;
  readonly otherId: number | null;
  readonly seq: number;
  readonly kind: 'read' | 'unread';
}

/** Of one mark: see `mark_seats` in drizzle/functions/. */
export interface Marked extends Record<string, unknown> {
  outcome: string;
  readSeq: number;
  seenSeq: number;
  /** Whether the marker changed. Then `accountSeq` is its number in the user's account log. */
  moved: boolean;
  accountSeq: number;
  unread: number;
  mentions: number;
}

const value = (name: string) => sql.placeholder(name);

const place = {
  log: sql`c`,
  reader: sql`marked."reader"`,
  readSeq: sql`marked."readSeq"`,
  seenSeq: sql`marked."seenSeq"`,
};

const MARK = sql`
  select marked.outcome, marked."readSeq", marked."seenSeq", marked.moved, marked."accountSeq", coalesce(${unreadCount(place)}, 0) as "unread",
    coalesce(${mentionCount(place)}, 0) as "mentions"
  from rows from (
    mark_seats(${value('users')}::int[], ${value('channels')}::int[], ${value('others')}::int[], ${value('seqs')}::int[],
      ${value('kinds')}::text[], ${value('whole')}::boolean),
    unnest(${value('users')}::int[])
  ) with ordinality as marked(outcome, log, "readSeq", "seenSeq", moved, "accountSeq", reader, ord)
  left join lateral (
    select v."id", v."messageCount", v."isCounted" from conversations v where v."id" = marked.log offset 0) c on true
  order by marked.ord`;

/** Returns what became of the marks, in their order, after one round trip. If `whole`, a bad one lets none move. */
export function createMarkSeats(db: Database): (marks: readonly Mark[], whole: boolean) => Promise<Marked[]> {
  const store = prepare<Marked>(db, MARK);
  return (marks, whole) =>
    store({
      users: marks.map(({ userId }) => userId),
      channels: marks.map(({ channelId }) => channelId),
      others: marks.map(({ otherId }) => otherId),
      seqs: marks.map(({ seq }) => seq),
      kinds: marks.map(({ kind }) => kind),
      whole,
    });
}
