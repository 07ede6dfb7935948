// The database at the start: waits while it is away, and updates (or checks) its schema.
import { connectDatabase, type DatabaseOptions } from '../../database/connect.ts';
import { isUnavailable } from '../../database/errors.ts';
import type { DatabaseHandle } from '../../database/handle.ts';
import { pendingMigrations, runMigrations, unknownMigrations } from '../../database/migrate.ts';
import { MigrationError, migrationFailure, TakeoverStopped } from '../../database/migration-error.ts';
import type { Logger } from '../../lib/logger.ts';
import { createProgressLines } from '../cli/progress.ts';
import { freeBytes } from '../platform/disk-space.ts';
import { migrationsFolder } from '../platform/project-root.ts';
import { StartError } from '../start-error.ts';
import { isNoWayIn, isTlsFailure, whyUnreachable } from './unreachable.ts';

/** How long a start waits for a database that is away, unless told otherwise. */
export const DATABASE_PATIENCE_MS = 60_000;
const RETRY_MS = [250, 500, 1000, 2000, 4000];
const LONGEST_RETRY_MS = 5000;

export interface OpenDatabaseOptions {
  readonly database: DatabaseOptions;
  readonly migrateOnStart: boolean;
  readonly patienceMs?: number;
  readonly logger: Logger;
}

/** A database that answers and has the schema. Throws StartError if it stays away or lacks migrations. */
export async function openDatabase(options: OpenDatabaseOptions): Promise<DatabaseHandle> {
  const handle = await connect(options);
  try {
    await withPatience(options, async () => {
      await handle.ping();
      await bringToSchema(handle, options);
    });
    handle.speak();
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function connect({ database, logger }: OpenDatabaseOptions): Promise<DatabaseHandle> {
  try {
    return await connectDatabase(database, { logger, freeBytes });
  } catch (cause) {
    throw new StartError(`Cannot open the database (${describeDatabase(database)}): ${whyUnreachable(cause)}`, {
      cause,
    });
  }
}

/** Tries again while the database is away, and logs a line for each attempt. */
async function withPatience(options: OpenDatabaseOptions, run: () => Promise<void>): Promise<void> {
  const { database, logger, patienceMs = DATABASE_PATIENCE_MS } = options;
  const place = describeDatabase(database);
  const deadline = performance.now() + patienceMs;
  for (let attempt = 1; ; attempt++) {
    const failure = await run().then(() => undefined, startFailure);
    if (failure === undefined) return;
    if (failure instanceof StartError) throw failure;
    const left = deadline - performance.now();
    if (left <= 0) throw gaveUp(place, patienceMs, failure);
    const waitMs = Math.min(RETRY_MS[attempt - 1] ?? LONGEST_RETRY_MS, left);
    const next = `next attempt in ${(waitMs / 1000).toFixed(1)} s`;
    logger.warn({ attempt, reason: whyUnreachable(failure) }, `the database (${place}) is away: ${next}`);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }

  /** A failure that ends the start at once becomes a StartError. One that may pass is returned unchanged. */
  function startFailure(error: unknown): unknown {
    if (error instanceof TakeoverStopped && isUnavailable(error.cause)) return error.cause;
    if (error instanceof StartError || (isUnavailable(error) && !isTlsFailure(error))) return error;
    if (error instanceof TakeoverStopped) return new StartError(error.message, { cause: error });
    if (error instanceof MigrationError) return new StartError(error.message, { cause: error });
    const said = isNoWayIn(error) ? whyUnreachable(error) : migrationFailure(error);
    return new StartError(`The database (${place}) cannot be used: ${said}`, { cause: error });
  }
}

function gaveUp(place: string, patienceMs: number, cause: unknown): StartError {
  const seconds = Math.round(patienceMs / 1000);
  return new StartError(`Gave up after ${seconds} s: the database (${place}) is away: ${whyUnreachable(cause)}`, {
    cause,
  });
}

async function bringToSchema(handle: DatabaseHandle, options: OpenDatabaseOptions): Promise<void> {
  const folder = migrationsFolder();
  const unknown = await unknownMigrations(handle, folder);
  if (unknown > 0) {
    // Nodes of several versions run side by side while they are replaced: what a migration adds disturbs none of them.
    options.logger.info({ unknown }, 'a later version has brought the database to its schema: going on beside it');
  }
  if (handle.kind === 'embedded' || options.migrateOnStart) {
    const report = createProgressLines((step) =>
      options.logger.info({ step }, 'the database is brought to the schema'),
    );
    const run = handle.kind === 'embedded' ? runMigrations : (await import('../../legacy/run.ts')).runWithTakeover;
    const done = await run(handle, folder, report);
    options.logger.debug({ migrations: done }, 'the database has the schema');
    return;
  }
  const pending = await pendingMigrations(handle, folder);
  if (pending.length > 0) throw new StartError(lacksMigrations(describeDatabase(options.database), pending));
}

function lacksMigrations(place: string, pending: readonly string[]): string {
  const remedy = 'run `npm run migration:run`, or start with MIGRATE_ON_START=true';
  return `The database (${place}) lacks migrations (${pending.join(', ')}): ${remedy}`;
}

/** Which database, without user and password. */
export function describeDatabase(database: DatabaseOptions): string {
  if (database.kind === 'embedded') return `embedded PostgreSQL in ${database.directory}`;
  const place = database.url.replace(/^\w+:\/\/(?:[^@]*@)?/, '').replace(/\?.*$/s, '');
  return `PostgreSQL at ${database.path === undefined ? place : place.replace(/^[^/]*/, database.path)}`;
}
