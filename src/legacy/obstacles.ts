// What prevents a takeover, looked for before anything is changed: missing rights, and rows that break the rules of
// this service. Each text says what to look for, by ids and never by what users wrote.
import { type SQL, sql } from 'drizzle-orm';
import { type Database, rows } from '../database/database.ts';
import { FORMER_TABLES } from '../database/former-tables.ts';
import { MigrationError } from '../database/migration-error.ts';
import { findDoubles, unmergeable } from './doubles.ts';
import { foreignTriggers } from './foreign-triggers.ts';
import type { Survey } from './survey.ts';
import { unfitRows, unfitTypes } from './unfit.ts';

/** Throws MigrationError with everything that prevents it. Only reads. */
export async function refuseObstacles(db: Database, state: Survey): Promise<void> {
  const found = await obstacles(db, state);
  if (found.length > 0)
    throw new MigrationError(`The database cannot be taken over yet; nothing was changed: ${found.join('; ')}`);
}

async function obstacles(db: Database, state: Survey): Promise<string[]> {
  const found = [...(await missingRights(db)), ...(await unfitIds(db))];
  if (found.length > 0) return found;
  const { rows: doubles } = await findDoubles(db);
  return [
    ...(await unfitTypes(db)),
    ...(await foreignTriggers(db, state, doubles > 0)),
    ...(await unfitRows(db, state)),
    ...(await repeatedRows(db, state)),
    ...(doubles > 0 ? await unmergeable(db) : []),
    ...(await orphans(db, state)),
  ];
}

async function missingRights(db: Database): Promise<string[]> {
  const [row] = await rows<{ user: string; others: string[]; schema: boolean; database: boolean }>(
    db,
    sql`select current_user::text as "user",
      array(select relname::text from pg_class where oid = any(array(select to_regclass(name) from unnest(${tables()}) name))
        and not pg_has_role(relowner, 'USAGE') order by 1) as "others",
      has_schema_privilege(current_schema(), 'CREATE') as "schema",
      has_database_privilege(current_database(), 'CREATE') or to_regclass('drizzle.__drizzle_migrations') is not null as "database"`,
  );
  if (!row) return [];
  const { user, others, schema, database } = row;
  return [
    ...(others.length > 0 ? [`the user ${user} does not own ${others.join(', ')}`] : []),
    ...(schema ? [] : [`the user ${user} may not create tables in the schema`]),
    ...(database ? [] : [`the user ${user} may not create a schema in the database`]),
  ];
}

/** Ids must come from a sequence of their column, because rows are found by them. */
async function unfitIds(db: Database): Promise<string[]> {
  const list = await rows<{ table: string }>(
    db,
    sql`select name as "table" from unnest(${tables()}) name
      where pg_get_serial_sequence(name, 'id') is null or not exists (
        select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attname = 'id'
        where i.indrelid = to_regclass(name) and i.indisunique and i.indisvalid and i.indpred is null
          and i.indkey::text = a.attnum::text
      )`,
  );
  return list.map(({ table }) => `${table}.id is no primary key with a sequence of its own`);
}

/** Except for members: their doubles are merged. */
async function repeatedRows(db: Database, { uniques }: Survey): Promise<string[]> {
  const found: string[] = [];
  for (const { unique, ready } of uniques) {
    if (ready || unique.table === 'channel_members') continue;
    const columns = unique.columns.map((name) => `"${name}"`).join(', ');
    const [row] = await rows<{ count: number; ids: string }>(
      db,
      sql`select count(*), min(ids) as "ids" from (
        select array_to_string((array_agg(id order by id))[1:5], ', ') as ids from ${sql.raw(unique.table)}
        group by ${sql.raw(columns)} having count(*) > 1) as repeated`,
    );
    if (row && row.count > 0)
      found.push(
        `${unique.table} has the same (${columns}) in several rows, ${row.count} times (first: ids ${row.ids})`,
      );
  }
  return found;
}

async function orphans(db: Database, { references }: Survey): Promise<string[]> {
  const found: string[] = [];
  for (const { reference } of references) {
    const { table, column, target } = reference;
    const at = sql.raw(`m."${column}"`);
    const [row] = await rows<{ count: number; first: number }>(
      db,
      sql`select count(*), min(m.id) as "first" from ${sql.raw(table)} m
        where ${at} is not null and not exists (select from ${sql.raw(target)} t where t.id = ${at})`,
    );
    if (row && row.count > 0)
      found.push(`${table}."${column}" names no row of ${target} in ${row.count} rows (first: id ${row.first})`);
  }
  return found;
}

/** Rows that stay as they are, but are worth mentioning: those in no conversation, and those that are the channel's. */
export async function oddMessages(db: Database) {
  const count = (condition: string): SQL => sql.raw(`count(*) filter (where ${condition})`);
  const [row = { nowhere: 0, both: 0 }] = await rows<{ nowhere: number; both: number }>(
    db,
    sql`select ${count('"channelId" is null and "receiverId" is null')} as "nowhere",
      ${count('"channelId" is not null and "receiverId" is not null')} as "both" from chats`,
  );
  return row;
}

function tables(): SQL {
  return sql`${sql.param(FORMER_TABLES)}::text[]`;
}
