// Brings a database to the present schema and back: one runner at a time, never on foreign tables, all or nothing. If
// the former service has filled it, it must be taken over first: see legacy/.
import { sql } from 'drizzle-orm';
import { type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator';
import { type Database, rows, value } from './database.ts';
import { FOLDING, fillFolding, prepareFolding } from './folding.ts';
import { foreignTables } from './former-tables.ts';
import type { DatabaseHandle } from './handle.ts';
import { countMessages } from './message-counts.ts';
import { MigrationError } from './migration-error.ts';
import type { Report } from './progress.ts';
import { endWithClient, takeRunnerLock } from './runner-lock.ts';
import { givingWay, type Step, withShortLock } from './short-lock.ts';
import { hasTable } from './table-shapes.ts';

/** The numbers of the migrations that a takeover prepares. */
const FIRST = ['0000', '0001'];

/** What prepares a database that the former service filled. */
export type TakeOver = (deps: TakeoverDeps) => Promise<void>;

export interface TakeoverDeps {
  /** The session that holds the runner's lock. */
  readonly db: Database;
  /** Any other session. */
  readonly watcher: Database;
  /** The statements that create functions, in the second migration. */
  readonly functions: readonly string[];
  readonly report: Report;
  /** Applies the migrations. */
  readonly finish: (step: Step) => Promise<void>;
}

const NEEDS_TAKEOVER =
  'The former service has filled this database: `npm run migration:run` takes it over. Nothing was changed';

/** Tables that refer to others come first, so that we and a writer never wait for each other. */
const LOCK_ORDER = ['chats', 'channel_members', 'channels', 'users'];

/** The numbers (such as `0001`) of the migrations in `folder` that the database lacks. Only reads. */
export async function pendingMigrations(handle: DatabaseHandle, folder: string): Promise<string[]> {
  return (await pending(handle.db, folder)).map(({ number }) => number);
}

/** How many of the database's migrations are not in `folder`, because they are of a later version. Only reads. */
export async function unknownMigrations(handle: DatabaseHandle, folder: string): Promise<number> {
  const times = new Set(known(folder).map(({ time }) => time));
  return (await applied(handle.db)).filter((time) => !times.has(time)).length;
}

/**
 * Applies what is pending, all or nothing, and returns the numbers. Of several processes one does it. The others wait,
 * then find nothing to do. Throws MigrationError if the database belongs to something else, does not fit yet, or must
 * be taken over and `takeOver` is not given. The database is then left as it is. Passes on what `takeOver` throws, and
 * the next run continues from there.
 */
export function runMigrations(
  handle: DatabaseHandle,
  folder: string,
  report: Report = () => {},
  takeOver?: TakeOver,
): Promise<string[]> {
  return alone(handle, report, async (db) => {
    const migrations = await pending(db, folder);
    if (migrations.length > 0) await bringUp(handle, db, { folder, migrations, report, takeOver });
    // Also if older programs wrote names since the last run.
    if (known(folder).some(({ number }) => number === FOLDING)) await fillFolding({ db, report });
    await countMessages({ db, report });
    return migrations.map(({ number }) => number);
  });
}

interface Work {
  readonly folder: string;
  readonly migrations: readonly Migration[];
  readonly report: Report;
  readonly takeOver: TakeOver | undefined;
}

async function bringUp(handle: DatabaseHandle, db: Database, work: Work): Promise<void> {
  const { folder, migrations, report, takeOver } = work;
  await refuseForeign(db, folder);
  const prepare = async () => {
    const folding = migrations.find(({ number }) => number === FOLDING);
    if (handle.kind === 'postgres' && folding && (await hasTable(db, 'users')))
      await prepareFolding({ db, report }, handle.db, folding.sql);
  };
  if (handle.kind === 'postgres' && (await needsTakeover(db, migrations))) {
    if (!takeOver) throw new MigrationError(NEEDS_TAKEOVER);
    const functions = known(folder)[1]?.sql.filter((statement) => statement.includes('CREATE OR REPLACE FUNCTION'));
    const finish = async (step: Step) => {
      await prepare();
      await withShortLock(step, { tables: LOCK_ORDER, mode: 'access exclusive' }, (tx) => apply(tx, migrations));
    };
    await takeOver({ db, watcher: handle.db, functions: functions ?? [], report, finish });
  } else {
    await prepare();
    await givingWay({ db, report, step: 'applying migrations' }, (tx) => apply(tx, migrations));
  }
}

/**
 * Takes back the last migration and returns its number. Returns undefined if there is none. `readDown` returns the
 * script for a number, its statements separated like those of a migration.
 */
export function revertMigration(
  handle: DatabaseHandle,
  folder: string,
  readDown: (number: string) => Promise<string>,
  report: Report = () => {},
): Promise<string | undefined> {
  return alone(handle, report, async (db) => {
    const last = (await applied(db)).at(-1);
    if (last === undefined) return undefined;
    const migration = known(folder).find(({ time }) => time === last);
    if (!migration) throw new MigrationError('The last migration of this database is not one of this version');
    const script = statements(await readDown(migration.number));
    const step = { db, report, step: `taking back ${migration.number}` };
    await withShortLock(step, { tables: LOCK_ORDER, mode: 'access exclusive' }, async (tx) => {
      for (const statement of script) await tx.execute(sql.raw(statement));
      await tx.execute(sql`delete from drizzle.__drizzle_migrations where created_at = ${last}`);
    });
    return migration.number;
  });
}

/** True if messages must be taken over before `migrations` are applied. */
export async function needsTakeover(db: Database, migrations: readonly Migration[]): Promise<boolean> {
  return migrations.some(({ number }) => FIRST.includes(number)) && (await hasTable(db, 'chats'));
}

function alone<T>(handle: DatabaseHandle, report: Report, work: (db: Database) => Promise<T>): Promise<T> {
  return handle.dedicated(async (db) => {
    if (handle.kind === 'postgres') {
      await takeRunnerLock(db, report);
      await endWithClient(db);
    }
    return work(db);
  });
}

interface Migration extends Readonly<MigrationMeta> {
  readonly number: string;
  /** The time by which drizzle knows a migration, in ms. */
  readonly time: number;
}

/** drizzle's own rule: everything newer than the newest that was applied. */
export async function pending(db: Database, folder: string): Promise<Migration[]> {
  const last = (await applied(db)).at(-1) ?? 0;
  return known(folder).filter(({ time }) => time > last);
}

/** All migrations of this version, in order. */
function known(folder: string): Migration[] {
  return readMigrationFiles({ migrationsFolder: folder }).map((migration, index) => ({
    ...migration,
    number: String(index).padStart(4, '0'),
    time: migration.folderMillis,
  }));
}

/** Applies the migrations, and records them where drizzle's own migrator looks for them. */
async function apply(tx: Database, migrations: readonly Migration[]): Promise<void> {
  await tx.execute(sql`create schema if not exists drizzle`);
  await tx.execute(sql`create table if not exists drizzle.__drizzle_migrations (
    id serial primary key, hash text not null, created_at bigint
  )`);
  for (const { sql: list, hash, time } of migrations) {
    for (const statement of list) await tx.execute(sql.raw(statement));
    await tx.execute(
      sql`insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${time}::bigint)`,
    );
  }
}

/** The times of the applied migrations, oldest first. */
async function applied(db: Database): Promise<number[]> {
  if (!(await hasTable(db, 'drizzle.__drizzle_migrations'))) return [];
  const list = await rows<{ time: string }>(
    db,
    sql`select created_at::text as "time" from drizzle.__drizzle_migrations order by created_at`,
  );
  return list.map(({ time }) => Number(time));
}

export async function refuseForeign(db: Database, folder: string): Promise<void> {
  const done = await applied(db);
  const first = known(folder)[0]?.time;
  if (done.length > 0 && !done.some((time) => time === first)) {
    throw new MigrationError(
      'The database carries the migrations of another application; give this service one of its own',
    );
  }
  if (done.length === 0) await refuseEncoding(db);
  const found = done.length > 0 ? [] : await foreignTables(db);
  if (found.length > 0) {
    const some = found.slice(0, 5).join('; ');
    throw new MigrationError(`The database has tables of another application; nothing was changed: ${some}`);
  }
}

/** Another encoding could not store what clients send, or would count it in bytes. */
async function refuseEncoding(db: Database): Promise<void> {
  const encoding = await value<string>(db, sql`select current_setting('server_encoding')`);
  if (encoding === undefined || encoding === 'UTF8') return;
  throw new MigrationError(
    `The database keeps texts as ${encoding}; nothing was changed. Make one with the encoding UTF8 (createdb -T template0 -E UTF8), and restore a dump of this one there`,
  );
}

function statements(script: string): string[] {
  return script.split('--> statement-breakpoint').filter((statement) => statement.trim() !== '');
}
