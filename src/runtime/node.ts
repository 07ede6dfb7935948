// The entry on Node: reads the environment, starts the service, ends it when the system asks for it.
import { setFlagsFromString } from 'node:v8';
import { type Config, ConfigError, readConfig } from './config.ts';
import { loadEnvFile } from './env-file.ts';
import { createLogger } from './logger.ts';
import { type RunningService, startService } from './service.ts';
import { StartError } from './start-error.ts';

/** Whoever asked for the end may wait ten seconds: what is not done by then is left. */
const STOP_WITHIN_MS = 9_500;

function configure(): Config {
  try {
    loadEnvFile();
    return readConfig(process.env);
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems : [(error as Error).message];
    const logger = createLogger('error');
    for (const problem of problems) logger.error({}, problem);
    process.exit(1);
  }
}

const config = configure();
const logger = createLogger(config.logLevel);
let service: RunningService | undefined;
let signals = 0;

function onSignal(signal: NodeJS.Signals): void {
  signals += 1;
  if (signals > 1) process.exit(1);
  logger.info({ signal }, 'stopping');
  if (!service) process.exit(0);
  setTimeout(() => {
    logger.warn({}, 'not everything ended in time');
    process.exit(0);
  }, STOP_WITHIN_MS);
  void service.stop().then(() => {
    logger.info({}, 'stopped');
    process.exit(0);
  });
}

function onCrash(error: unknown): void {
  logger.error({ err: error }, 'the service failed and ends');
  process.exit(1);
}

process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
process.on('uncaughtException', onCrash).on('unhandledRejection', onCrash);

/**
 * The heap is collected when it has grown by a fifth. V8's own measure lets it grow several times over, and what thousands
 * of handshakes leave behind stays for as long as their connections are idle. Not before the start, which leaves much.
 */
function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=20');
}

try {
  service = await startService(config, { logger });
  keepHeapSmall();
} catch (error) {
  if (error instanceof StartError) logger.error({}, error.message);
  else logger.error({ err: error }, 'the service cannot start');
  process.exit(1);
}
