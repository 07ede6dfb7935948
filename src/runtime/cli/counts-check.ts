// The command that compares all counts of the configured database with a recount of its messages. Only reads.
import { type Difference, recount } from '../../chat/counts/recount.ts';
import { withoutValues } from '../../database/errors.ts';
import { type Config, ConfigError } from '../config/config.ts';
import { loadEnvFile } from '../config/env-file.ts';
import { StartError } from '../start-error.ts';
import { describeDatabase } from '../storage/database-start.ts';
import { readCommandConfig, withDatabase } from './command.ts';
import { openCommandOutput } from './command-output.ts';

const MOST_SHOWN = 100;

/** Says what was compared, and each difference on a line. */
async function execute(config: Config): Promise<{ lines: string[]; isRight: boolean }> {
  const { logs, places, differences } = await withDatabase(config, ({ db }) => recount(db, MOST_SHOWN));
  const what = `${logs} conversations, ${places} users in them (${describeDatabase(config.database)})`;
  if (differences.length === 0) return { lines: [`No difference: ${what}`], isRight: true };
  const lines = differences.slice(0, MOST_SHOWN).map(describe);
  return { lines: [`${differences.length} differences: ${what}`, ...lines], isRight: false };
}

function describe({ what, log, of, stored, counted }: Difference): string {
  return `log ${log}, ${what}${of === 0 ? '' : ` of ${of}`}: ${stored} instead of ${counted}`;
}

function reason(error: unknown): string {
  if (error instanceof ConfigError || error instanceof StartError) return error.message;
  const clean = withoutValues(error) as { message?: unknown; code?: unknown };
  return `It failed: ${String(clean.message || clean.code || error)}`;
}

const output = openCommandOutput();
let code = 0;
try {
  loadEnvFile();
  const { lines, isRight } = await execute(readCommandConfig());
  output.say(lines.join('\n  '));
  if (!isRight) code = 1;
} catch (error) {
  output.complain(reason(error));
  code = 1;
}
// A connection that a silent server never closes would keep the process alive.
await output.end(code);
