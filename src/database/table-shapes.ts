// The tables of a database, read from its catalogue: enough to copy every one of them.
import { type SQL, sql } from 'drizzle-orm';
import { type Database, rows, value } from './database.ts';

export interface TableShape {
  readonly name: string;
  /** All columns that can be written. */
  readonly columns: readonly string[];
  /** The columns of the primary key, in order. */
  readonly key: readonly string[];
}

/** A sequence and its present value. */
export interface Counter {
  readonly name: string;
  readonly last: string;
  readonly called: boolean;
}

/**
 * Ordinary tables of the session's schema that belong to no extension. Leaves out the table with the deployment's id.
 */
const OWN_TABLES = sql`
  select c.oid, c.relname::text as name from pg_class c
  where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    and c.relname <> 'deployment'
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`;

/** Every table, those that others refer to first. Throws if tables refer to each other in a circle. */
export async function readTables(db: Database): Promise<TableShape[]> {
  const tables = await rows<{ name: string; columns: string[]; key: string[]; parents: string[] }>(
    db,
    sql`select t.name,
          (select coalesce(json_agg(a.attname order by a.attnum), '[]') from pg_attribute a
            where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
          (select coalesce(json_agg(a.attname order by k.ord), '[]') from pg_index i
            cross join unnest(i.indkey) with ordinality as k (num, ord)
            join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.num
            where i.indrelid = t.oid and i.indisprimary) as key,
          (select coalesce(json_agg(distinct p.name), '[]') from pg_constraint f join (${OWN_TABLES}) p on p.oid = f.confrelid
            where f.conrelid = t.oid and f.contype = 'f' and f.confrelid <> t.oid) as parents
        from (${OWN_TABLES}) t order by t.name`,
  );
  return parentsFirst(tables);
}

function parentsFirst<T extends { name: string; parents: string[] }>(tables: readonly T[]): T[] {
  const ordered: T[] = [];
  while (ordered.length < tables.length) {
    const done = new Set(ordered.map(({ name }) => name));
    const free = tables.filter(({ name, parents }) => !done.has(name) && parents.every((parent) => done.has(parent)));
    if (free.length === 0) throw new Error('The tables refer to each other in a circle');
    ordered.push(...free);
  }
  return ordered;
}

export async function hasTable(db: Database, name: string): Promise<boolean> {
  return (await value<boolean>(db, sql`select to_regclass(${name}::text) is not null`)) === true;
}

export async function readCounters(db: Database): Promise<Counter[]> {
  const names = await rows<{ name: string }>(
    db,
    sql`select relname::text as name from pg_class
        where relnamespace = current_schema()::regnamespace and relkind = 'S' order by 1`,
  );
  const counters: Counter[] = [];
  for (const { name } of names) {
    const [state] = await rows<{ last: string; called: boolean }>(
      db,
      sql`select last_value::text as last, is_called as called from ${sql.identifier(name)}`,
    );
    if (state) counters.push({ name, ...state });
  }
  return counters;
}

/** What a table holds: the number of its rows, and a sum over all their columns that does not depend on their order. */
export async function readContent(
  db: Database,
  { name, columns }: TableShape,
): Promise<{ count: number; sum: string }> {
  const [content] = await rows<{ count: number; sum: string }>(
    db,
    sql`select count(*)::int as count, coalesce(sum(
          ('x' || left(encode(sha256(convert_to(row(${columnList(columns)})::text, 'UTF8')), 'hex'), 15))::bit(60)::bigint
        ), 0)::text as sum from ${sql.identifier(name)}`,
  );
  return content ?? { count: 0, sum: '' };
}

/** The names with commas between, each followed by `suffix`. */
export function columnList(columns: readonly string[], suffix = sql``): SQL {
  const items = columns.map((column) => sql`${sql.identifier(column)}${suffix}`);
  return sql.join(items, sql`, `);
}
