// Properties of the former service's tables that this service could not serve: it would answer 500, or take people who
// left for members. Each text says what to do. Only reads.
import { type SQL, sql } from 'drizzle-orm';
import { type Database, rows, value } from '../database/database.ts';
import { FORMER_TABLES } from '../database/former-tables.ts';
import type { Survey } from './survey.ts';

const CHANNEL_TYPE = 'channels_type_enum';
const CHANNEL_TYPES = ['direct', 'group'];
/** Names of columns that say since when somebody is no longer a member. */
const MEMBER_GONE = ['deletedAt', 'leftAt', 'removedAt'];

export async function unfitTypes(db: Database): Promise<string[]> {
  return [...(await channelType(db)), ...(await membersWhoLeft(db)), ...(await idsBehind(db))];
}

async function channelType(db: Database): Promise<string[]> {
  const [type] = await rows<{ name: string; quoted: string; labels: string[] }>(
    db,
    sql`select t.typname::text as "name", quote_ident(t.typname) as "quoted",
        array(select enumlabel::text from pg_enum where enumtypid = t.oid) as "labels"
      from pg_attribute a join pg_type t on t.oid = a.atttypid
      where a.attrelid = 'channels'::regclass and a.attname = 'type'`,
  );
  if (!type) return [];
  const lacking = CHANNEL_TYPES.filter((label) => !type.labels.includes(label));
  return [
    ...(type.name === CHANNEL_TYPE
      ? []
      : [`channels.type has a type of another name: alter type ${type.quoted} rename to ${CHANNEL_TYPE}`]),
    ...lacking.map(
      (label) => `the type of channels.type lacks ${label}: alter type ${type.quoted} add value '${label}'`,
    ),
  ];
}

async function membersWhoLeft(db: Database): Promise<string[]> {
  const columns = await rows<{ name: string }>(
    db,
    sql`select attname::text as "name" from pg_attribute where attrelid = 'channel_members'::regclass and attnum > 0
      and not attisdropped and attname = any(${sql.param(MEMBER_GONE)}::text[]) order by 1`,
  );
  const found: string[] = [];
  for (const { name } of columns) {
    const [row] = await rows<{ count: number; first: number | null }>(
      db,
      sql`select count(*) as "count", min(id) as "first" from channel_members where ${sql.identifier(name)} is not null`,
    );
    const which = row && row.count > 0 ? `${row.count} rows (first: id ${row.first})` : 'no row yet';
    found.push(
      `channel_members."${name}" says who left, in ${which}: such people would be members again, as this service does not know the column. Delete those rows, then drop it`,
    );
  }
  return found;
}

/** A new row would get an id that is taken. */
async function idsBehind(db: Database): Promise<string[]> {
  const found: string[] = [];
  for (const table of FORMER_TABLES) {
    const sequence = await value<string | null>(db, sql`select pg_get_serial_sequence(${table}::text, 'id')`);
    // A table without a sequence is named already.
    if (!sequence) continue;
    const isBehind = await value<boolean | null>(
      db,
      sql`select (select max(id) from ${sql.raw(table)}) >= case when is_called then last_value + 1 else last_value end
        from ${sql.raw(sequence)}`,
    );
    if (isBehind)
      found.push(
        `the sequence of ${table}.id is behind its rows: select setval('${sequence}', (select max(id) from ${table}))`,
      );
  }
  return found;
}

type Check = { readonly condition: SQL; readonly fault: string };

/** Reads every table once. */
export async function unfitRows(db: Database, { unfilled }: Survey): Promise<string[]> {
  const found: string[] = [];
  for (const table of FORMER_TABLES) {
    const nullable = unfilled.find((it) => it.table === table)?.columns ?? [];
    const checks = [
      ...nullable.map((column) => noValue(table, column)),
      ...(await timesOf(db, table)).map(noTime(table)),
    ];
    if (table === 'channels') checks.push(noType());
    found.push(...(await failed(db, table, checks)));
  }
  return found;
}

function noValue(table: string, column: string): Check {
  return { condition: sql`${sql.identifier(column)} is null`, fault: `${table}."${column}" has no value` };
}

/** Clients get a year of four digits. */
function noTime(table: string): (column: string) => Check {
  return (column) => ({
    condition: sql`not (${sql.identifier(column)} >= '0001-01-01' and ${sql.identifier(column)} < '10000-01-01')`,
    fault: `${table}."${column}" is not between the years 1 and 9999`,
  });
}

function noType(): Check {
  const types = sql`${sql.param(CHANNEL_TYPES)}::text[]`;
  return { condition: sql`type::text <> all(${types})`, fault: 'channels.type is neither direct nor group' };
}

async function timesOf(db: Database, table: string): Promise<string[]> {
  const list = await rows<{ name: string }>(
    db,
    sql`select attname::text as "name" from pg_attribute where attrelid = ${table}::regclass and attnum > 0
      and attname in ('createdAt', 'updatedAt', 'deletedAt', 'joinedAt') and atttypid = 'timestamp'::regtype order by attnum`,
  );
  return list.map(({ name }) => name);
}

async function failed(db: Database, table: string, checks: readonly Check[]): Promise<string[]> {
  const counts = checks.map(
    ({ condition }) => sql`json_build_array(count(*) filter (where ${condition}), min(id) filter (where ${condition}))`,
  );
  const [row] = await rows<{ counts: [number, number | null][] }>(
    db,
    sql`select json_build_array(${sql.join(counts, sql`, `)}) as "counts" from ${sql.raw(table)}`,
  );
  return checks.flatMap(({ fault }, index) => {
    const [count, first] = row?.counts[index] ?? [0, null];
    return count > 0 ? [`${fault} in ${count} rows (first: id ${first})`] : [];
  });
}
