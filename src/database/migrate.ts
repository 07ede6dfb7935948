// Brings a database to the present schema and back: drizzle's migrator, one runner at a time, never on foreign tables.
import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { PgliteDatabase } from 'drizzle-orm/pglite';
import { migrate as migrateEmbedded } from 'drizzle-orm/pglite/migrator';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { migrate as migratePostgres } from 'drizzle-orm/postgres-js/migrator';
import type * as schema from '../../drizzle/schema.ts';
import type { DatabaseHandle } from './connect.ts';
import { type Database, rows } from './database.ts';
import { foreignTables } from './former-tables.ts';

/** A database that is left as it is, and why: a text for the operator. */
export class MigrationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MigrationError';
  }
}

/** The numbers of the migrations in `folder` that the database lacks, as `0001`. Reads only. */
export function pendingMigrations(handle: DatabaseHandle, folder: string): Promise<string[]> {
  return pending(handle.db, folder);
}

/** How many of the migrations that the database has are not in `folder`: those of a later version. Reads only. */
export async function unknownMigrations(handle: DatabaseHandle, folder: string): Promise<number> {
  const times = new Set(known(folder).map(({ time }) => time));
  return (await applied(handle.db)).filter((time) => !times.has(time)).length;
}

/**
 * Applies what is pending, all or nothing, and gives the numbers. Of several processes one does it; the others wait, then
 * find nothing to do. Throws MigrationError where the database belongs to something else.
 */
export function runMigrations(handle: DatabaseHandle, folder: string): Promise<string[]> {
  return alone(handle, async (db) => {
    const numbers = await pending(db, folder);
    if (numbers.length === 0) return [];
    await refuseForeign(db, folder);
    if (handle.kind === 'postgres')
      await migratePostgres(db as PostgresJsDatabase<typeof schema>, { migrationsFolder: folder });
    else await migrateEmbedded(db as PgliteDatabase<typeof schema>, { migrationsFolder: folder });
    return numbers;
  });
}

/**
 * Takes back the last migration that was applied and gives its number; undefined where there is none. `readDown` gives
 * the script for a number, its statements separated like those of a migration.
 */
export function revertMigration(
  handle: DatabaseHandle,
  folder: string,
  readDown: (number: string) => Promise<string>,
): Promise<string | undefined> {
  return alone(handle, async (db) => {
    const last = (await applied(db)).at(-1);
    if (last === undefined) return undefined;
    const migration = known(folder).find(({ time }) => time === last);
    if (!migration) throw new MigrationError('The last migration of this database is not one of this version');
    const script = await readDown(migration.number);
    await db.transaction(async (tx) => {
      for (const statement of statements(script)) await tx.execute(sql.raw(statement));
      await tx.execute(sql`delete from drizzle.__drizzle_migrations where created_at = ${last}`);
    });
    return migration.number;
  });
}

/** One runner at a time over all nodes. The lock is the session's own, and goes with it. */
function alone<T>(handle: DatabaseHandle, work: (db: Database) => Promise<T>): Promise<T> {
  return handle.dedicated(async (db) => {
    if (handle.kind === 'postgres')
      await db.execute(sql`select pg_advisory_lock(hashtextextended('chat-service.migrations', 0))`);
    return work(db);
  });
}

/** drizzle's own rule: everything newer than the newest that was applied. */
async function pending(db: Database, folder: string): Promise<string[]> {
  const last = (await applied(db)).at(-1) ?? 0;
  return known(folder)
    .filter(({ time }) => time > last)
    .map(({ number }) => number);
}

/** All migrations of this version in their order. `time` (ms) is what drizzle knows one by. */
function known(folder: string): { number: string; time: number }[] {
  return readMigrationFiles({ migrationsFolder: folder }).map(({ folderMillis }, index) => ({
    number: String(index).padStart(4, '0'),
    time: folderMillis,
  }));
}

/** The times of the migrations that were applied, oldest first. */
async function applied(db: Database): Promise<number[]> {
  const [table] = await rows<{ exists: boolean }>(
    db,
    sql`select to_regclass('drizzle.__drizzle_migrations') is not null as "exists"`,
  );
  if (!table?.exists) return [];
  const list = await rows<{ time: string }>(
    db,
    sql`select created_at::text as "time" from drizzle.__drizzle_migrations order by created_at`,
  );
  return list.map(({ time }) => Number(time));
}

async function refuseForeign(db: Database, folder: string): Promise<void> {
  const done = await applied(db);
  const first = known(folder)[0]?.time;
  if (done.length > 0 && !done.some((time) => time === first)) {
    throw new MigrationError(
      'The database carries the migrations of another application; give this service one of its own',
    );
  }
  const found = done.length > 0 ? [] : await foreignTables(db);
  if (found.length > 0) {
    const some = found.slice(0, 5).join('; ');
    throw new MigrationError(`The database has tables of another application; nothing was changed: ${some}`);
  }
}

function statements(script: string): string[] {
  return script.split('--> statement-breakpoint').filter((statement) => statement.trim() !== '');
}
