// The migration command: `run` brings the configured database to the schema of this version, `revert` takes one step
// back. The output says what was done. The error output has progress lines, and one line that says why something
// failed.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isLinkLost, withoutValues } from '../../database/errors.ts';
import type { DatabaseHandle } from '../../database/handle.ts';
import { revertMigration } from '../../database/migrate.ts';
import { MigrationError, migrationFailure, TakeoverStopped } from '../../database/migration-error.ts';
import type { Report } from '../../database/progress.ts';
import { planMigrations } from '../../legacy/dry-run.ts';
import { runWithTakeover } from '../../legacy/run.ts';
import { type Config, ConfigError } from '../config/config.ts';
import { loadEnvFile } from '../config/env-file.ts';
import { migrationsFolder } from '../platform/project-root.ts';
import { StartError } from '../start-error.ts';
import { describeDatabase } from '../storage/database-start.ts';
import { isNoWayIn, whyUnreachable } from '../storage/unreachable.ts';
import { readCommandConfig, withDatabase } from './command.ts';
import { openCommandOutput } from './command-output.ts';
import { createProgressBar, createProgressLines } from './progress.ts';

const output = openCommandOutput();

type Command = (handle: DatabaseHandle, folder: string, report: Report) => Promise<string>;

const NOTHING = 'nothing to do, the schema is that of this version';

const COMMANDS: Record<string, Command> = {
  async run(handle, folder, report) {
    const numbers = await runWithTakeover(handle, folder, report);
    return numbers.length === 0 ? NOTHING : `applied ${numbers.join(', ')}`;
  },
  async 'run --dry-run'(handle, folder) {
    const plan = await planMigrations(handle, folder);
    return plan.length === 0 ? NOTHING : ['a dry run, nothing was changed. A run would', ...plan].join('\n  ');
  },
  async revert(handle, folder, report) {
    const number = await revertMigration(handle, folder, (wanted) => downScript(folder, wanted), report);
    return number === undefined ? 'nothing to take back' : `took back ${number}`;
  },
};

async function downScript(folder: string, number: string): Promise<string> {
  const files = await readdir(folder);
  const file = files.find((name) => name.startsWith(`${number}_`) && name.endsWith('.down.sql'));
  if (!file) throw new MigrationError(`There is no way back from migration ${number}`);
  return readFile(join(folder, file), 'utf8');
}

/** Returns what to print when it is done. */
async function execute(command: Command, config: Config, report: Report): Promise<string> {
  const { database } = config;
  const place = describeDatabase(database);
  if (database.kind === 'embedded' && command === COMMANDS['run --dry-run'] && !existsSync(database.directory))
    return `Migrations: a dry run, nothing was changed. A run would make the database (${place})`;
  try {
    const done = await withDatabase(config, (handle) => command(handle, migrationsFolder(), report));
    return `Migrations: ${done} (${place})`;
  } catch (error) {
    if (database.kind === 'embedded' || !(isAway(error) || isNoWayIn(error))) throw error;
    throw new StartError(`Cannot reach the database: ${place}: ${whyUnreachable(error)}`);
  }
}

/** The server is not there, or is starting or stopping. Everything else that it says is worth reading. */
function isAway(error: unknown): boolean {
  const code = (withoutValues(error) as { code?: unknown } | null)?.code;
  return isLinkLost(error) || code === '57P03';
}

/** One line, without a stack. For a failed statement only what the server said, never its values. */
function reason(error: unknown): string {
  if (error instanceof ConfigError || error instanceof StartError || error instanceof MigrationError)
    return error.message;
  if (error instanceof TakeoverStopped) return error.message;
  return `Migrations failed, nothing was changed: ${migrationFailure(error)}`;
}

/** The work of this process ends with it: the server rolls back the open transaction. */
function endOnSignal(clear: () => void): void {
  for (const [signal, code] of [['SIGINT', 130] as const, ['SIGTERM', 143] as const]) {
    process.once(signal, () => {
      clear();
      output.complain('Interrupted. Run it again, and it goes on from there');
      void output.end(code);
    });
  }
}

/** Returns the exit code. */
async function main(words: readonly string[]): Promise<number> {
  const command = COMMANDS[words.join(' ')];
  const terminal = {
    get columns() {
      return process.stderr.columns;
    },
    write: output.errors.write,
  };
  const bar = process.stderr.isTTY ? createProgressBar(terminal) : undefined;
  const clear = () => bar?.clear();
  const notes: string[] = [];
  const progress = bar?.report ?? createProgressLines(output.complain);
  const report: Report = (it) => {
    if (it.note !== undefined) notes.push(it.note);
    progress(it);
  };
  try {
    if (!command) throw new StartError('Say what to do: `run`, `run --dry-run` or `revert`');
    endOnSignal(clear);
    loadEnvFile();
    const done = await execute(command, readCommandConfig(), report);
    clear();
    output.say([done, ...notes].join('\n  '));
    return 0;
  } catch (error) {
    clear();
    if (bar) for (const note of notes) output.complain(note);
    output.complain(reason(error));
    return 1;
  }
}

// A connection that a silent server never closes would keep the process alive.
await output.end(await main(process.argv.slice(2)));
