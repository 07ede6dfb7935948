// The command for after a restore of an older backup: makes the numbers of the configured database go on further ahead.
import { LEAP, leapAhead } from '../database/after-restore.ts';
import { connectDatabase } from '../database/connect.ts';
import { withoutValues } from '../database/errors.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { holdDataDir } from './data-dir.ts';
import { describeDatabase } from './database-start.ts';
import { loadEnvFile } from './env-file.ts';
import { createLogger } from './logger.ts';
import { StartError } from './start-error.ts';

/** Gives the line that says what was done. */
async function execute({ database, dataDir }: Config): Promise<string> {
  const release = database.kind === 'embedded' ? holdDataDir(dataDir, createLogger('warn')) : () => {};
  try {
    const handle = await connectDatabase(database);
    try {
      await leapAhead(handle);
      return `Numbers of messages and ids go on ${LEAP} further ahead (${describeDatabase(database)})`;
    } finally {
      await handle.close();
    }
  } finally {
    release();
  }
}

function reason(error: unknown): string {
  if (error instanceof ConfigError || error instanceof StartError) return error.message;
  const clean = withoutValues(error) as { message?: unknown; code?: unknown };
  return `Nothing was changed: ${String(clean.message || clean.code || error)}`;
}

try {
  loadEnvFile();
  // Not production's rules: nothing here needs the secret that they ask for.
  process.stdout.write(`${await execute(readConfig({ ...process.env, NODE_ENV: 'development' }))}\n`);
} catch (error) {
  process.stderr.write(`${reason(error)}\n`);
  process.exitCode = 1;
}
// A connection that a silent server never closes would keep the process.
process.exit();
