// Moves a whole database into an empty one: every row with its ids and numbers, in one transaction, compared at its
// end.
import { type SQL, sql } from 'drizzle-orm';
import { type Database, rows, value } from './database.ts';
import type { DatabaseHandle } from './handle.ts';
import { pendingMigrations, runMigrations, unknownMigrations } from './migrate.ts';
import { MigrationError } from './migration-error.ts';
import type { Report } from './progress.ts';
import { type Counter, columnList, readContent, readCounters, readTables, type TableShape } from './table-shapes.ts';

/** The transfer was refused before anything was changed. The message tells the operator why. */
export class TransferError extends Error {
  override name = 'TransferError';
}

export interface TransferOptions {
  /** Nobody may write to it meanwhile. It is first brought to the schema of this version. */
  readonly source: DatabaseHandle;
  readonly target: DatabaseHandle;
  readonly migrationsFolder: string;
  /** Each table is a step. */
  readonly report: Report;
}

/** The migration that a database lacks if it is none of ours. */
const FIRST = '0000';

/** The size of batches is bounded by their text, so that memory stays bounded whatever the rows hold. */
const FIRST_ROWS = 500;
const MOST_ROWS = 10_000;
const FULL_CHARS = 4 * 1024 * 1024;

/**
 * Returns the number of rows of each table. If it rejects before `onCommit` is called, the target is as it was. After
 * that only a lost connection makes it reject, and the target has everything or nothing.
 */
export async function transfer(options: TransferOptions, onCommit: () => void): Promise<Map<string, number>> {
  const { source, target, migrationsFolder } = options;
  await bringUpToDate(source, migrationsFolder);
  // Neither of the two has a time limit, because a whole table is read at once.
  return source.dedicated((from) =>
    target.dedicated((session) =>
      session.transaction(async (tx) => {
        await prepare(tx, target, migrationsFolder);
        const tables = await readTables(from);
        await lockEmpty(tx, tables);
        for (const table of tables) await copyTable(from, tx, table, options.report);
        for (const counter of await readCounters(from)) await setCounter(tx, counter);
        const counts = await compare(from, tx, tables);
        onCommit();
        return counts;
      }),
    ),
  );
}

async function bringUpToDate(source: DatabaseHandle, folder: string): Promise<void> {
  const unknown = await unknownMigrations(source, folder);
  if (unknown > 0) {
    throw new TransferError(
      'The embedded database was used by a later version of this service: export it with that one',
    );
  }
  await runMigrations(source, folder);
}

/** Gives the target the schema, within the transaction, so that this is undone too if the transfer fails. */
async function prepare(tx: Database, target: DatabaseHandle, folder: string): Promise<void> {
  const encoding = await value<string>(tx, sql`select current_setting('server_encoding')`);
  if (encoding !== 'UTF8') {
    throw new TransferError(`The target database keeps texts as ${encoding}: make one with the encoding UTF8`);
  }
  const inside: DatabaseHandle = { ...target, db: tx, dedicated: (work) => work(tx) };
  const tables = (await readTables(tx)).map(({ name }) => name);
  if (tables.length > 0 && (await pendingMigrations(inside, folder)).includes(FIRST)) {
    throw new TransferError(`The target is not empty: it has tables (${some(tables)})`);
  }
  if ((await unknownMigrations(inside, folder)) > 0) {
    throw new TransferError('The target is not empty: it has migrations that this version does not know');
  }
  try {
    await runMigrations(inside, folder);
  } catch (error) {
    throw error instanceof MigrationError ? new TransferError(`The target is not empty. ${error.message}`) : error;
  }
}

/** Checks that the target has exactly these tables and no rows, and keeps it so until the end of the transaction. */
async function lockEmpty(tx: Database, tables: readonly TableShape[]): Promise<void> {
  const found = new Map((await readTables(tx)).map((table) => [table.name, table]));
  const foreign = [...found.keys()].filter((name) => !tables.some((table) => table.name === name));
  if (foreign.length > 0) throw new TransferError(`The target is not empty: it has other tables (${some(foreign)})`);
  for (const { name, columns } of tables) {
    const missing = columns.filter((column) => !found.get(name)?.columns.includes(column));
    if (missing.length > 0) {
      throw new TransferError(`The embedded database has what this version does not know: ${name} (${some(missing)})`);
    }
    await tx.execute(sql`lock table ${sql.identifier(name)} in access exclusive mode`);
    const first = await rows(tx, sql`select 1 from ${sql.identifier(name)} limit 1`);
    if (first.length > 0) throw new TransferError(`The target is not empty: its table ${name} has rows`);
  }
}

function some(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} …` : names.join(', ');
}

/** Triggers are off meanwhile, because the rows have their numbers. Constraints hold. */
async function copyTable(source: Database, tx: Database, table: TableShape, report: Report): Promise<void> {
  const name = sql.identifier(table.name);
  const total = (await value<number>(source, sql`select count(*) from ${name}`)) ?? 0;
  await tx.execute(sql`alter table ${name} disable trigger user`);
  const columns = columnList(table.columns);
  let done = 0;
  for await (const { text, count } of batches(source, table)) {
    await tx.execute(sql`insert into ${name} (${columns}) overriding system value
      select ${columns} from json_populate_recordset(null::${name}, ${sql.param(text)}::json)`);
    done += count;
    report({ step: table.name, done, total, unit: 'rows' });
  }
  await tx.execute(sql`alter table ${name} enable trigger user`);
  await tx.execute(sql`analyze ${name}`);
}

interface Batch {
  /** A JSON array of the rows. PostgreSQL itself writes and reads it, so no driver changes a value. */
  readonly text: string;
  readonly count: number;
}

/** All rows in the order of the primary key. */
async function* batches(source: Database, { name, columns, key }: TableShape): AsyncGenerator<Batch> {
  if (key.length === 0) throw new TransferError(`The table ${name} has no primary key to read it by`);
  const keys = columnList(key);
  const texts = columnList(key, sql`::text`);
  let [after, limit]: [SQL, number] = [sql``, FIRST_ROWS];
  for (;;) {
    const [batch] = await rows<{ count: number; text: string; last: string[] }>(
      source,
      sql`with batch as materialized (
            select ${columnList(columns)} from ${sql.identifier(name)} ${after} order by ${keys} limit ${limit}
          )
          select count(*)::int as count, coalesce(json_agg(batch), '[]')::text as text,
            (select json_build_array(${texts}) from batch order by ${columnList(key, sql` desc`)} limit 1) as last
          from batch`,
    );
    if (!batch || batch.count === 0) return;
    yield batch;
    const last = batch.last.map((value) => sql`${value}`);
    after = sql`where (${keys}) > (${sql.join(last, sql`, `)})`;
    limit = nextLimit(limit, batch.text.length);
  }
}

function nextLimit(limit: number, chars: number): number {
  if (chars > FULL_CHARS) return Math.max(1, Math.floor(limit / 2));
  return chars < FULL_CHARS / 4 ? Math.min(MOST_ROWS, limit * 2) : limit;
}

/** Ids continue where they were, including those of rows that are gone. */
async function setCounter(tx: Database, { name, last, called }: Counter): Promise<void> {
  await tx.execute(sql`select setval(format('%I', ${name}::text)::regclass, ${last}::bigint, ${called}::boolean)`);
}

/** Throws if anything differs: rows, any of their columns, or the last ids. */
async function compare(source: Database, tx: Database, tables: readonly TableShape[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const table of tables) {
    const [ours, theirs] = [await readContent(source, table), await readContent(tx, table)];
    if (ours.count !== theirs.count || ours.sum !== theirs.sum) {
      throw new Error(`the copy of ${table.name} differs (${ours.count} rows, ${theirs.count} in the target)`);
    }
    counts.set(table.name, ours.count);
  }
  const [ours, theirs] = [await readCounters(source), await readCounters(tx)];
  if (JSON.stringify(ours) !== JSON.stringify(theirs)) throw new Error('the counters of ids differ in the target');
  return counts;
}
