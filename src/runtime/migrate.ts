// The migration command: `run` brings the configured database to the schema of this version, `revert` takes one step
// back. One line says what was done, or why not.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectDatabase, type DatabaseHandle } from '../database/connect.ts';
import { isUnavailable, withoutValues } from '../database/errors.ts';
import { MigrationError, revertMigration, runMigrations } from '../database/migrate.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { holdDataDir } from './data-dir.ts';
import { describeDatabase } from './database-start.ts';
import { loadEnvFile } from './env-file.ts';
import { createLogger } from './logger.ts';
import { migrationsFolder } from './project-root.ts';
import { StartError } from './start-error.ts';

type Command = (handle: DatabaseHandle, folder: string) => Promise<string>;

const COMMANDS: Record<string, Command> = {
  async run(handle, folder) {
    const numbers = await runMigrations(handle, folder);
    return numbers.length === 0 ? 'nothing to do, the schema is that of this version' : `applied ${numbers.join(', ')}`;
  },
  async revert(handle, folder) {
    const number = await revertMigration(handle, folder, (wanted) => downScript(folder, wanted));
    return number === undefined ? 'nothing to take back' : `took back ${number}`;
  },
};

async function downScript(folder: string, number: string): Promise<string> {
  const files = await readdir(folder);
  const file = files.find((name) => name.startsWith(`${number}_`) && name.endsWith('.down.sql'));
  if (!file) throw new MigrationError(`There is no way back from migration ${number}`);
  return readFile(join(folder, file), 'utf8');
}

/** Gives the line that says what was done. */
async function execute(command: Command, config: Config): Promise<string> {
  const { database, dataDir } = config;
  const release = database.kind === 'embedded' ? holdDataDir(dataDir, createLogger('warn')) : () => {};
  try {
    const handle = await connectDatabase(database);
    try {
      const done = await command(handle, migrationsFolder());
      return `Migrations: ${done} (${describeDatabase(database)})`;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw isUnavailable(error) ? new StartError(`Cannot reach the database: ${describeDatabase(database)}`) : error;
  } finally {
    release();
  }
}

/** One line without a stack; of a failed statement only what the server said, never its values. */
function reason(error: unknown): string {
  if (error instanceof ConfigError || error instanceof StartError || error instanceof MigrationError)
    return error.message;
  const clean = withoutValues(error);
  return `Migrations failed, nothing was changed: ${clean instanceof Error ? clean.message : String(clean)}`;
}

async function main(name = ''): Promise<void> {
  const command = COMMANDS[name];
  try {
    if (!command) throw new StartError('Say what to do: `run` or `revert`');
    loadEnvFile();
    // Not production's rules: nothing here needs the secret that they ask for.
    process.stdout.write(`${await execute(command, readConfig({ ...process.env, NODE_ENV: 'development' }))}\n`);
  } catch (error) {
    process.stderr.write(`${reason(error)}\n`);
    process.exitCode = 1;
  }
}

await main(process.argv[2]);
// A connection that a silent server never closes would keep the process.
process.exit();
