// What the commands beside the service share: their configuration, and a database that is let go of at the end.
import { connectDatabase, type DatabaseHandle } from '../database/connect.ts';
import { type Config, readConfig } from './config.ts';
import { holdDataDir } from './data-dir.ts';
import { createLogger } from './logger.ts';
import { holdsDatabase } from './new-embedded.ts';

/** The configuration, with `overrides` in place of variables. Not by production's rules: no command needs its secret. */
export function readCommandConfig(overrides: Readonly<Record<string, string>> = {}): Config {
  return readConfig({ ...process.env, NODE_ENV: 'development', ...overrides });
}

/** Runs `work` on the configured database; nobody else may have it open meanwhile where it is the embedded one. */
export async function withDatabase<T>(
  { database, dataDir }: Config,
  work: (handle: DatabaseHandle) => Promise<T>,
): Promise<T> {
  const release = database.kind === 'embedded' ? holdDataDir(dataDir, createLogger('warn')) : () => {};
  try {
    if (database.kind === 'embedded') holdsDatabase(database.directory);
    const handle = await connectDatabase(database);
    try {
      return await work(handle);
    } finally {
      await handle.close();
    }
  } finally {
    release();
  }
}
