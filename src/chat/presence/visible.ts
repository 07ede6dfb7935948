// Who may see whose presence, and when the seen was there last: asked for many pairs of users at once.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { isoTime } from '../../database/time.ts';
import { createBatches } from '../../lib/batches.ts';
import { unavailable } from '../../protocol/errors.ts';

/** Pairs in one statement, which takes some tens of milliseconds. */
const PAIRS_AT_ONCE = 5_000;
/** Further questions are refused while so many pairs wait. */
const MAX_PAIRS_WAITING = 500_000;

/** A user whom the asker may see. */
export interface Seen {
  /** When the last connection ended. Null if that is not known. */
  readonly lastSeenAt: string | null;
  /** How long ago that was, in ms. */
  readonly goneForMs: number | null;
}

/**
 * Which of these users the asker may see now: those who share a channel or have written directly with the asker, and do
 * not hide. Nobody sees oneself. Rejects with UNAVAILABLE if too many ask.
 */
export type FindVisible = (askerId: number, userIds: readonly number[]) => Promise<Map<number, Seen>>;

interface Batch {
  readonly askers: number[];
  readonly users: number[];
}

interface SeenRow extends Record<string, unknown> {
  place: number;
  lastSeenAt: string | null;
  goneForMs: number | null;
}

/** All questions go through one place, one statement at a time, so that a rush of them costs the database a bounded part. */
export function createFindVisible({ db }: { readonly db: Database }): FindVisible {
  let waiting = 0;
  const batches = createBatches<Batch, Map<number, Seen>>({
    open: () => ({ askers: [], users: [] }),
    isFull: ({ users }) => users.length >= PAIRS_AT_ONCE,
    send({ askers, users }) {
      waiting -= users.length;
      return readVisible(db, askers, users);
    },
  });

  return async (askerId, userIds) => {
    if (userIds.length === 0) return new Map();
    if (waiting + userIds.length > MAX_PAIRS_WAITING) throw unavailable();
    waiting += userIds.length;
    const { batch, sent } = batches.current();
    const first = batch.users.length;
    for (const userId of userIds) {
      batch.askers.push(askerId);
      batch.users.push(userId);
    }
    const seen = await sent;
    const mine = new Map<number, Seen>();
    for (const [index, userId] of userIds.entries()) {
      const one = seen.get(first + index);
      if (one) mine.set(userId, one);
    }
    return mine;
  };
}

/**
 * By the place in the lists. Subqueries that give one value are never made into joins: so each pair is looked up by keys,
 * whatever the database knows of its tables.
 */
async function readVisible(
  db: Database,
  askers: readonly number[],
  users: readonly number[],
): Promise<Map<number, Seen>> {
  const found = await rows<SeenRow>(
    db,
    sql`select place, at as "lastSeenAt",
        (extract(epoch from (now() at time zone 'utc') - at) * 1000)::float8 as "goneForMs"
      from (
        select (w.place - 1)::int as place, (select l."at" from last_seen l where l."userId" = w.id) as at
        from unnest(${sql.param(askers)}::int[], ${sql.param(users)}::int[]) with ordinality as w(asker, id, place)
        where w.id <> w.asker
          and (select u."deletedAt" is null and u."settings"->'showPresence' is distinct from 'false'::jsonb
            from users u where u."id" = w.id)
          and ((select p."lastSeq" > 0 from conversations p
              where p."userLow" = least(w.id, w.asker) and p."userHigh" = greatest(w.id, w.asker))
            or exists (select 1 from channel_members mine where mine."userId" = w.asker
              and (select true from channel_members theirs
                where theirs."userId" = w.id and theirs."channelId" = mine."channelId")
              and (select c."deletedAt" is null from channels c where c."id" = mine."channelId")))
        offset 0
      ) seen`,
  );
  return new Map(found.map(({ place, lastSeenAt, goneForMs }) => [place, toSeen(lastSeenAt, goneForMs)]));
}

function toSeen(lastSeenAt: string | null, goneForMs: number | null): Seen {
  return { lastSeenAt: lastSeenAt && isoTime(lastSeenAt), goneForMs };
}
