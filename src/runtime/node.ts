// The entry on Node and Bun, and behind Deno's: reads the environment, starts the service, ends it when told to.
import { type Config, ConfigError, readConfig } from './config/config.ts';
import { loadEnvFile } from './config/env-file.ts';
import { createLogger } from './logger.ts';
import { onNpmGone } from './platform/npm-gone.ts';
import { thisPlatform } from './platform/this-platform.ts';
import { type RunningService, startService } from './service.ts';
import { StartError } from './start-error.ts';

/** A process manager may wait only ten seconds for the end, so what is not done by then is left. */
const STOP_WITHIN_MS = 9_500;
/** Ctrl-C reaches every process of the terminal, and `deno task` passes it on too. Both count as one. */
const SAME_SIGNAL_MS = 200;
/** For the last lines of the log. */
const FLUSH_MS = 300;

function configure(): Config | readonly string[] {
  try {
    loadEnvFile();
    return readConfig(process.env);
  } catch (error) {
    return error instanceof ConfigError ? error.problems : [(error as Error).message];
  }
}

/** Ends the process once its log is out. Does not wait for a log that nobody reads. */
async function end(code: number): Promise<never> {
  await logger.flush(FLUSH_MS);
  process.exit(code);
}

const configured = configure();
const isConfigured = 'port' in configured;
const logger = createLogger(isConfigured ? configured.logLevel : 'error');
if (!isConfigured) {
  for (const problem of configured) logger.error({}, problem);
  await end(1);
}
const config = configured as Config;
for (const note of config.notes) logger.warn({}, note);
let service: RunningService | undefined;
let firstSignalAt: number | undefined;

function onSignal(signal: NodeJS.Signals): void {
  const now = performance.now();
  if (firstSignalAt !== undefined) {
    if (now - firstSignalAt > SAME_SIGNAL_MS) process.exit(1);
    return;
  }
  firstSignalAt = now;
  logger.info({ signal }, 'stopping');
  if (!service) return void end(0);
  setTimeout(() => {
    logger.warn({}, 'not everything ended in time');
    void end(0);
  }, STOP_WITHIN_MS);
  void service.stop().then(() => {
    logger.info({}, 'stopped');
    return end(0);
  });
}

function onCrash(error: unknown): void {
  logger.error({ err: error }, 'the service failed and ends');
  void end(1);
}

process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
onNpmGone(() => {
  if (firstSignalAt === undefined) onSignal('SIGTERM');
});
process.on('uncaughtException', onCrash).on('unhandledRejection', onCrash);

try {
  thisPlatform().assertAllowed(config);
  service = await startService(config, { logger });
} catch (error) {
  if (error instanceof StartError) logger.error({}, error.message);
  else logger.error({ err: error }, 'the service cannot start');
  await end(1);
}
