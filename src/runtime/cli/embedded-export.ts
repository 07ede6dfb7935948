// The export command: moves the embedded database to a PostgreSQL server, all or nothing, and says what else to move.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { connectDatabase, type DatabaseOptions } from '../../database/connect.ts';
import { isLinkLost, withoutValues } from '../../database/errors.ts';
import type { DatabaseHandle } from '../../database/handle.ts';
import { MigrationError } from '../../database/migration-error.ts';
import type { Report } from '../../database/progress.ts';
import { TransferError, transfer } from '../../database/transfer.ts';
import { type Config, ConfigError } from '../config/config.ts';
import { loadEnvFile } from '../config/env-file.ts';
import { createLogger } from '../logger.ts';
import { migrationsFolder } from '../platform/project-root.ts';
import { StartError } from '../start-error.ts';
import { holdDataDir, SECRET_FILE } from '../storage/data-dir.ts';
import { describeDatabase } from '../storage/database-start.ts';
import { holdsDatabase } from '../storage/new-embedded.ts';
import { readCommandConfig } from './command.ts';
import { openCommandOutput } from './command-output.ts';

const USAGE = 'Say where to: npm run embedded:export -- postgres://user:password@host:5432/name (or set DATABASE_URL)';
/** At most one line in this time, and one for each finished table. */
const PROGRESS_MS = 2_000;

/** Worded so that a person sees at a glance what happened to the target. */
const UNTOUCHED = 'Nothing was exported, the target is as it was:';
const UNCERTAIN =
  'The connection was lost while the target confirmed the export. It has everything or nothing: run this again, and where the target is said to have rows, it has everything';

const output = openCommandOutput();
let isCommitting = false;
/** True once a person was told that nothing was exported. */
let isInterrupted = false;

interface Ends {
  readonly source: DatabaseOptions & { readonly kind: 'embedded' };
  readonly target: DatabaseOptions;
  readonly config: Config;
}

function readEnds(address: string | undefined): Ends {
  const config = readCommandConfig(address === undefined ? {} : { DATABASE_URL: address });
  const { database: source } = readCommandConfig({ DATABASE_URL: '', DB_HOST: '' });
  if (config.database.kind !== 'postgres') throw new StartError(USAGE);
  if (source.kind !== 'embedded' || !holdsDatabase(source.directory)) {
    throw new StartError(`There is no embedded database in ${config.dataDir} (DATA_DIR says where)`);
  }
  return { source, target: config.database, config };
}

async function exportEmbedded({ source, target, config }: Ends): Promise<void> {
  const release = holdDataDir(config.dataDir, createLogger('warn'));
  const open: DatabaseHandle[] = [];
  try {
    open.push(await connectDatabase(target));
    await open[0]?.ping();
    open.push(await connectDatabase(source));
    const [to, from] = open as [DatabaseHandle, DatabaseHandle];
    output.say(`From: ${describeDatabase(source)}`);
    output.say(`To:   ${describeDatabase(target)}`);
    const options = { source: from, target: to, migrationsFolder: migrationsFolder(), report: reporter() };
    const counts = await transfer(options, () => {
      if (isInterrupted) throw new TransferError('interrupted');
      isCommitting = true;
    });
    isCommitting = false;
    output.say(
      `Done, and compared row by row: ${[...counts].map(([table, count]) => `${count} ${table}`).join(', ')}.`,
    );
    for (const line of nextSteps(config)) output.say(line);
  } finally {
    for (const handle of open.reverse()) await handle.close();
    release();
  }
}

function reporter(): Report {
  let next = 0;
  return ({ step, done = 0, total = 0 }) => {
    if (done < total && performance.now() < next) return;
    next = performance.now() + PROGRESS_MS;
    output.say(`${step}: ${done} of ${total} rows`);
  };
}

/** Clients' tokens depend on a secret that is not in the database. */
function nextSteps({ dataDir, jwtSecret }: Config): string[] {
  const file = join(dataDir, SECRET_FILE);
  const isGenerated = jwtSecret === null && existsSync(file);
  const secret = isGenerated
    ? `Clients stay signed in where the service keeps its secret: JWT_SECRET="$(cat '${file}')"`
    : 'Clients stay signed in where the service keeps its JWT_SECRET.';
  return [
    secret,
    'Start it with DATABASE_URL from now on. What is in the data directory was not changed; keep it as a backup.',
  ];
}

/** One line without a stack. For a failed statement only what the server said, never its values. */
function describeFailure(error: unknown): string {
  if (error instanceof ConfigError || error instanceof StartError) return error.message;
  if (isCommitting && isLinkLost(error)) return UNCERTAIN;
  if (error instanceof TransferError || error instanceof MigrationError) return `${UNTOUCHED} ${error.message}`;
  const clean = withoutValues(error) as { message?: unknown; code?: unknown };
  return `${UNTOUCHED} ${String(clean.message || clean.code || error)}`;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    isInterrupted = true;
    output.complain(isCommitting ? UNCERTAIN : `${UNTOUCHED} interrupted`);
    void output.end(1);
  });
}
let code = 0;
try {
  loadEnvFile();
  await exportEmbedded(readEnds(process.argv[2]));
} catch (error) {
  output.complain(describeFailure(error));
  code = 1;
}
// A connection that a silent server never closes would keep the process alive.
await output.end(code);
