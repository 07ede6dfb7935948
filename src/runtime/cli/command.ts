// What the commands share: their configuration, and a database that is closed at the end.
import { resolve } from 'node:path';
import { connectDatabase } from '../../database/connect.ts';
import type { DatabaseHandle } from '../../database/handle.ts';
import { type Config, readConfig } from '../config/config.ts';
import { createLogger } from '../logger.ts';
import { holdDataDir } from '../storage/data-dir.ts';
import { openDatabase } from '../storage/database-start.ts';
import { holdsDatabase, makeEmbedded } from '../storage/new-embedded.ts';

/**
 * The configuration, with `overrides` instead of variables. Ignores production's rules, because no command needs its
 * secret.
 */
export function readCommandConfig(overrides: Readonly<Record<string, string>> = {}): Config {
  return readConfig({ ...process.env, NODE_ENV: 'development', ...overrides });
}

type Work<T> = (handle: DatabaseHandle) => Promise<T>;

/** Runs `work` on the configured database. Nobody else may have it open meanwhile if it is the embedded one. */
export function withDatabase<T>(config: Config, work: Work<T>): Promise<T> {
  const { database } = config;
  const open = async () => {
    if (database.kind === 'embedded') holdsDatabase(database.directory);
    return connectDatabase(database);
  };
  return holding(config, open, work);
}

/** How long a command waits for a database that is away. */
const PATIENCE_MS = 3_000;

/**
 * The same if the database must have the schema: creates the embedded one, or updates its schema, if needed. Throws
 * StartError if the database is away or lacks migrations.
 */
export function withSchema<T>(config: Config, work: Work<T>): Promise<T> {
  const { database } = config;
  const logger = createLogger('silent');
  const open = async () => {
    if (database.kind === 'embedded') await makeEmbedded(resolve(database.directory));
    return openDatabase({ database, migrateOnStart: false, patienceMs: PATIENCE_MS, logger });
  };
  return holding(config, open, work);
}

async function holding<T>(
  { database, dataDir }: Config,
  open: () => Promise<DatabaseHandle>,
  work: Work<T>,
): Promise<T> {
  const release = database.kind === 'embedded' ? holdDataDir(dataDir, createLogger('warn')) : () => {};
  try {
    const handle = await open();
    try {
      return await work(handle);
    } finally {
      await handle.close();
    }
  } finally {
    release();
  }
}
