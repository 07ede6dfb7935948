// The command to run after restoring an older backup: makes the numbers of the configured database leap ahead.
import { LEAP, leapAhead } from '../../database/after-restore.ts';
import { withoutValues } from '../../database/errors.ts';
import { type Config, ConfigError } from '../config/config.ts';
import { loadEnvFile } from '../config/env-file.ts';
import { StartError } from '../start-error.ts';
import { describeDatabase } from '../storage/database-start.ts';
import { readCommandConfig, withDatabase } from './command.ts';
import { openCommandOutput } from './command-output.ts';

/** Returns the line that says what was done. */
function execute(config: Config): Promise<string> {
  return withDatabase(config, async (handle) => {
    await leapAhead(handle);
    return `Numbers of messages and ids go on ${LEAP} further ahead (${describeDatabase(config.database)})`;
  });
}

function reason(error: unknown): string {
  if (error instanceof ConfigError || error instanceof StartError) return error.message;
  const clean = withoutValues(error) as { message?: unknown; code?: unknown };
  return `Nothing was changed: ${String(clean.message || clean.code || error)}`;
}

const output = openCommandOutput();
let code = 0;
try {
  loadEnvFile();
  output.say(await execute(readCommandConfig()));
} catch (error) {
  output.complain(reason(error));
  code = 1;
}
// A connection that a silent server never closes would keep the process alive.
await output.end(code);
