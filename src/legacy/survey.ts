// What a database that the former service filled lacks. Read from the database itself each time, so that a takeover can
// be interrupted anywhere and continued, and so that a dry run shows what a run would do.
import { sql } from 'drizzle-orm';
import { type Database, rows, value } from '../database/database.ts';
import { type Index, indexFacts } from '../database/index-build.ts';
import {
  FILLED,
  INDEXES,
  LOG_COLUMNS,
  REFERENCES,
  type Reference,
  referenceName,
  UNIQUES,
  type Unique,
  WIDTHS,
} from './wanted.ts';

export interface Survey {
  readonly columns: readonly string[];
  readonly hasConversations: boolean;
  /** The triggers that number what others write. If they exist, everything before them has its number. */
  readonly hasTriggers: boolean;
  readonly narrow: readonly NarrowColumn[];
  readonly indexes: readonly IndexState[];
  readonly uniques: readonly UniqueState[];
  readonly references: readonly ReferenceState[];
  readonly unfilled: readonly UnfilledTable[];
}

/** A column, such as `users.username`, with its present length and the one that it needs. */
export type NarrowColumn = { readonly column: string; readonly length: number; readonly wanted: number };
/** A table with those of its columns that may lack a value. */
export type UnfilledTable = { readonly table: string; readonly columns: readonly string[] };
/** An index that is missing or not complete. `broken`: the rest of an interrupted build. */
export type IndexState = { readonly index: Index; readonly broken: boolean };
/** `ready`: the index exists, and only the constraint is missing. */
export type UniqueState = { readonly unique: Unique; readonly ready: boolean; readonly broken: boolean };
/** `added`: the rule holds for new rows, and the old ones must still be checked. */
export type ReferenceState = { readonly reference: Reference; readonly added: boolean };

export async function survey(db: Database): Promise<Survey> {
  const [facts] = await rows<{ columns: string[]; hasConversations: boolean; hasTriggers: boolean }>(
    db,
    sql`select
      array(select attname::text from pg_attribute
        where attrelid = 'chats'::regclass and attnum > 0 and not attisdropped) as "columns",
      to_regclass('conversations') is not null as "hasConversations",
      2 = (select count(*) from pg_trigger where tgrelid = 'chats'::regclass
        and tgname in ('number_foreign_insert', 'number_foreign_update')) as "hasTriggers"`,
  );
  return {
    columns: LOG_COLUMNS.filter((name) => !facts?.columns.includes(name)),
    hasConversations: facts?.hasConversations === true,
    hasTriggers: facts?.hasTriggers === true,
    narrow: await narrowColumns(db),
    indexes: await missingIndexes(db),
    uniques: await missingUniques(db),
    references: await missingReferences(db),
    unfilled: await unfilledTables(db),
  };
}

async function narrowColumns(db: Database): Promise<NarrowColumn[]> {
  const found = await rows<{ column: string; length: number }>(
    db,
    sql`select table_name || '.' || column_name as "column", character_maximum_length::int as "length"
      from information_schema.columns where table_schema = current_schema() and character_maximum_length is not null
      order by 1`,
  );
  return WIDTHS.flatMap(({ table, column, length: wanted }) => {
    const length = found.find((it) => it.column === `${table}.${column}`)?.length ?? wanted;
    return length < wanted ? [{ column: `${table}.${column}`, length, wanted }] : [];
  });
}

async function missingIndexes(db: Database): Promise<IndexState[]> {
  const missing: IndexState[] = [];
  for (const index of INDEXES) {
    const facts = await indexFacts(db, index.name);
    if (!facts?.valid) missing.push({ index, broken: facts !== undefined });
  }
  return missing;
}

async function missingUniques(db: Database): Promise<UniqueState[]> {
  const missing: UniqueState[] = [];
  for (const unique of UNIQUES) {
    const facts = await indexFacts(db, unique.name);
    const ready = facts?.valid === true && !facts.constraint;
    if (ready || !(await isUnique(db, unique))) missing.push({ unique, ready, broken: facts?.valid === false });
  }
  return missing;
}

/** Whether an index of any name already ensures this, on these columns in this order. */
async function isUnique(db: Database, { table, columns }: Unique): Promise<boolean> {
  const list = sql.param([...columns]);
  const found = await value<boolean>(
    db,
    sql`select exists (
      select from pg_index i
      where i.indrelid = to_regclass(${table}::text) and i.indisunique and i.indisvalid and i.indimmediate and i.indpred is null
        and ${list}::text[] = (
          select array_agg(a.attname::text order by k.ord)
          from unnest(i.indkey) with ordinality as k (num, ord)
          left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.num
          where k.ord <= i.indnkeyatts
        )
    )`,
  );
  return found === true;
}

async function missingReferences(db: Database): Promise<ReferenceState[]> {
  const missing: ReferenceState[] = [];
  for (const reference of REFERENCES) {
    const { table, column, target } = reference;
    const found = await rows<{ name: string; valid: boolean }>(
      db,
      sql`select f.conname::text as "name", f.convalidated as "valid" from pg_constraint f
        join pg_attribute a on a.attrelid = f.conrelid and a.attname = ${column}::text
        where f.contype = 'f' and f.conrelid = to_regclass(${table}::text) and f.confrelid = to_regclass(${target}::text)
          and f.conkey = array[a.attnum]`,
    );
    const name = referenceName(reference);
    if (found.length === 0) missing.push({ reference, added: false });
    else if (found.some((it) => it.name === name && !it.valid)) missing.push({ reference, added: true });
  }
  return missing;
}

async function unfilledTables(db: Database): Promise<UnfilledTable[]> {
  const nullable = await rows<{ column: string }>(
    db,
    sql`select table_name || '.' || column_name as "column" from information_schema.columns
      where table_schema = current_schema() and is_nullable = 'YES'`,
  );
  const names = new Set(nullable.map(({ column }) => column));
  return FILLED.map(({ table, columns }) => ({
    table,
    columns: columns.filter((column) => names.has(`${table}.${column}`)),
  })).filter(({ columns }) => columns.length > 0);
}
