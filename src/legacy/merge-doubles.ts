// Merges memberships that exist more than once into the earliest, because the longest member of a channel inherits it.
// Deletes only rows that say nothing more than the one that stays. The former service may go on writing.
import { sql } from 'drizzle-orm';
import { type Database, rows, value } from '../database/database.ts';
import { sqlState } from '../database/errors.ts';
import { BEGINNING } from '../database/folded-names.ts';
import { givingWay, type Step, withShortLock } from '../database/short-lock.ts';
import { allowsDoubles, FACTS, IDS_NAMED, nameIds, unmergeable } from './doubles.ts';

const UNIQUE_VIOLATION = '23505';
/** A double that is written between the merging and the index costs one more round. */
const MOST_ROUNDS = 20;
const ROWS_AT_ONCE = 5000;
/** Members whose rows are merged in one transaction. */
const MEMBERS_AT_ONCE = 500;

/**
 * Stops the former service from writing more doubles, merges the existing ones, and runs `build`, which creates the
 * unique index. Repeats if another double came first. Throws what `build` throws if repeating does not help.
 */
export async function buildWithoutDoubles(step: Step, build: () => Promise<void>): Promise<void> {
  await keepOut(step);
  for (let round = 1; ; round += 1) {
    await mergeDoubles(step);
    try {
      return await build();
    } catch (error) {
      if (sqlState(error) !== UNIQUE_VIOLATION || round === MOST_ROUNDS) throw error;
      const found = await unmergeable(step.db);
      if (found.length > 0) throw new Error(found.join('; '));
    }
  }
}

/**
 * From now on, adding a member once more does nothing, and users never saw it do anything. An error instead would also
 * fail what the former service does besides, such as creating a channel. If two add the same member at the same
 * instant, this does not see both: the index refuses one of them.
 */
const KEEP_OUT = [
  `create or replace function keep_member_once() returns trigger language plpgsql as $$
  begin
    if exists (select from channel_members m where m."userId" = new."userId" and m."channelId" = new."channelId") then
      return null;
    end if;
    return new;
  end
  $$`,
  `create trigger keep_member_once before insert on channel_members for each row execute function keep_member_once()`,
];

async function keepOut(step: Step): Promise<void> {
  if ((await hasKeepOut(step.db)) || !(await allowsDoubles(step.db))) return;
  await withShortLock(step, { tables: ['channel_members'], mode: 'share row exclusive' }, async (tx) => {
    for (const statement of KEEP_OUT) await tx.execute(sql.raw(statement));
  });
}

async function hasKeepOut(db: Database): Promise<boolean> {
  const found = await value<boolean>(
    db,
    sql`select exists (select from pg_trigger where tgrelid = 'channel_members'::regclass and tgname = 'keep_member_once')`,
  );
  return found === true;
}

interface Merged {
  rows: number;
  channels: number;
  /** The first of the deleted rows. */
  readonly ids: number[];
}

async function mergeDoubles(step: Step): Promise<void> {
  const merged: Merged = { rows: 0, channels: 0, ids: [] };
  try {
    let last = BEGINNING;
    for (;;) {
      const next = await lastChannel(step.db, last);
      if (next === undefined) return;
      await mergeRange(step, last, next, merged);
      last = next;
    }
  } finally {
    // Also if it is stopped, because those rows are gone.
    if (merged.rows > 0) tell(step, merged);
  }
}

/** Merges some members in one transaction. Only those who remove one of these must wait for it. */
async function mergeRange(step: Step, from: number, to: number, merged: Merged): Promise<void> {
  const channels = new Set<number>();
  for (;;) {
    const gone = await givingWay(step, (tx) => mergeSome(tx, from, to));
    if (gone.length === 0) break;
    for (const { channelId } of gone) channels.add(channelId);
    merged.rows += gone.length;
    merged.ids.push(...gone.slice(0, IDS_NAMED - merged.ids.length).map(({ id }) => id));
    step.report({ step: step.step, done: merged.rows, unit: 'rows that were too many' });
  }
  merged.channels += channels.size;
}

function tell({ report, step }: Step, { rows: count, channels, ids }: Merged): void {
  const which = nameIds(ids, count);
  const note = `memberships that were there more than once became one: ${count} rows of channel_members, in ${channels} channels, are deleted (${which}), the earliest of each stayed`;
  report({ step, note });
}

/** The channel up to which there are some rows after those of `last`. Undefined if there are none. */
async function lastChannel(db: Database, last: number): Promise<number | undefined> {
  const id = await value<number | null>(
    db,
    sql`select max("channelId") from (
      select "channelId" from channel_members where "channelId" > ${last}::int order by 1 limit ${ROWS_AT_ONCE}::int
    ) as picked`,
  );
  return id ?? undefined;
}

/** Locks the row that stays, so that it is still there when the others go. */
function mergeSome(tx: Database, from: number, to: number): Promise<{ id: number; channelId: number }[]> {
  return rows(
    tx,
    sql`with doubled as (
        select array_agg(m.id) as ids from channel_members m
        where m."channelId" > ${from}::int and m."channelId" <= ${to}::int
        group by m."channelId", m."userId" having count(*) > 1
        limit ${MEMBERS_AT_ONCE}::int
      ), ranked as materialized (
        select m.id, first_value(m.id) over (
          partition by m."channelId", m."userId", ${FACTS} order by m."joinedAt", m.id
        ) as kept
        from channel_members m where m.id in (select unnest(ids) from doubled)
      ), locked as materialized (
        select k.id from channel_members k where k.id in (select kept from ranked where id <> kept) for key share
      )
      delete from channel_members m using ranked r join locked l on l.id = r.kept
      where m.id = r.id and r.id <> r.kept returning m.id, m."channelId"`,
  );
}
