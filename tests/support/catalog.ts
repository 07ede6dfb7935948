// The parts of a schema, read from PostgreSQL's catalogue, to compare databases that were made in different ways.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../src/database/database.ts';

/** One text per column, constraint, index and enum value. */
export async function describeSchema(db: Database, options = { names: true }): Promise<string[]> {
  const list = await rows<{ line: string }>(
    db,
    sql`with tables as (
      select c.oid, c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
    )
    select concat_ws(' ', 'column', t.relname, a.attname, format_type(a.atttypid, a.atttypmod),
        case when a.attnotnull then 'not null' end, 'default', pg_get_expr(d.adbin, d.adrelid)) as "line"
      from tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
      left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
    union all
    select concat_ws(' ', 'constraint', t.relname, k.conname, pg_get_constraintdef(k.oid))
      from tables t join pg_constraint k on k.conrelid = t.oid where k.contype <> 'n'
    union all
    select concat_ws(' ', 'index', pg_get_indexdef(i.indexrelid)) from tables t join pg_index i on i.indrelid = t.oid
    union all
    select concat_ws(' ', 'enum', e.enumtypid::regtype::text, e.enumlabel) from pg_enum e
    union all
    select concat_ws(' ', 'function', p.proname) from pg_proc p where p.pronamespace = 'public'::regnamespace
    union all
    select concat_ws(' ', 'trigger', t.relname, g.tgname) from tables t join pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal
    order by 1`,
  );
  const lines = list.map(({ line }) => line);
  return options.names ? lines : lines.map(withoutName).sort();
}

/** The names of constraints and of their indexes differ if another tool named them. */
function withoutName(line: string): string {
  return line.replace(/^(constraint \w+) \S+/, '$1').replace(/^index CREATE (UNIQUE )?INDEX \S+ /, 'index $1');
}
