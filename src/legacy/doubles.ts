// Memberships that exist more than once, because the former service had no rule against it: how many there are, and
// which of them can be merged.
import { sql } from 'drizzle-orm';
import { type Database, rows, value } from '../database/database.ts';

/** Ids named in one line. Their number is reported too. */
export const IDS_NAMED = 20;

/** What a row of `channel_members m` holds besides the member, the channel and the times. */
export const FACTS = sql`to_jsonb(m) - array['id', 'joinedAt', 'createdAt', 'updatedAt']`;
const DOUBLED = sql`select "channelId", "userId" from channel_members group by 1, 2 having count(*) > 1`;

type Doubles = {
  /** A user in two channels counts as two. */
  readonly members: number;
  readonly channels: number;
  /** Surplus rows, and the ids of the first of them. */
  readonly rows: number;
  readonly ids: readonly number[];
};

/** Only reads. */
export async function findDoubles(db: Database): Promise<Doubles> {
  const [found = { members: 0, channels: 0, rows: 0, ids: [] }] = await rows<Doubles>(
    db,
    sql`select count(*) filter (where place = 1) as "members", count(distinct "channelId") as "channels",
        count(*) filter (where place > 1) as "rows",
        coalesce((array_agg(id order by id) filter (where place > 1))[1:${sql.raw(String(IDS_NAMED))}], '{}') as "ids"
      from (
        select m.id, m."channelId",
          row_number() over (partition by m."channelId", m."userId" order by m."joinedAt", m.id) as place
        from channel_members m join (${DOUBLED}) d on d."channelId" = m."channelId" and d."userId" = m."userId"
      ) as ranked`,
  );
  return found;
}

/** Doubles that cannot be merged without losing something, as a text for each reason. Only reads. */
export async function unmergeable(db: Database): Promise<string[]> {
  const [differing] = await rows<{ count: number; ids: string }>(
    db,
    sql`select count(*) as "count", min(ids) as "ids" from (
      select array_to_string((array_agg(m.id order by m.id))[1:5], ', ') as ids
      from channel_members m join (${DOUBLED}) d on d."channelId" = m."channelId" and d."userId" = m."userId"
      group by m."channelId", m."userId" having count(distinct ${FACTS}) > 1) as differing`,
  );
  const others = await rows<{ table: string }>(
    db,
    sql`select distinct conrelid::regclass::text as "table" from pg_constraint
      where contype = 'f' and confrelid = 'channel_members'::regclass and exists (${DOUBLED}) order by 1`,
  );
  return [
    ...(differing && differing.count > 0
      ? [
          `channel_members has the same ("userId", "channelId") ${differing.count} times in rows that differ otherwise (first: ids ${differing.ids}): decide which is right, and delete the others`,
        ]
      : []),
    ...others.map(
      ({ table }) =>
        `${table} refers to rows of channel_members, which has the same ("userId", "channelId") in several: delete all but one of each`,
    ),
  ];
}

/** As in a line of the dry run or of the report. */
export function nameIds(ids: readonly number[], count: number): string {
  const more = count - ids.length;
  const list = [...ids].sort((a, b) => a - b).join(', ');
  return `id${count === 1 ? '' : 's'} ${list}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Whether nothing prevents a member from being written twice. Only reads. */
export async function allowsDoubles(db: Database): Promise<boolean> {
  const isRuled = await value<boolean>(
    db,
    sql`select exists (
      select from pg_index i where indrelid = 'channel_members'::regclass and indisunique and indisvalid and indpred is null
        and array(select attname::text from pg_attribute where attrelid = indrelid and attnum = any(i.indkey) order by 1)
          = array['channelId', 'userId']
    )`,
  );
  return isRuled !== true;
}
