// The log: one JSON line per event on standard output. If possible it is written before the call returns, so that a
// crash loses none. If nobody reads it, lines are left out and counted.
import { type LevelWithSilent, pino, stdSerializers, stdTimeFunctions } from 'pino';
import { withoutValues } from '../database/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { openOutput } from './platform/output.ts';

export interface ServiceLogger extends Logger {
  /** Resolves when all lines are out, or after this time. For use before the process ends. */
  flush(withinMs: number): Promise<void>;
}

/** Call it once, because a process has one standard output. */
export function createLogger(level: LevelWithSilent): ServiceLogger {
  const output = openOutput(1, (lines) => {
    logger.warn({ dropped: lines }, 'nobody took the log for a while: lines of it were left out');
  });
  const logger = pino(
    {
      level,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: stdTimeFunctions.isoTime,
      // Removes what users wrote, and passwords, from all logged errors of the database and of Redis.
      serializers: { err: (error) => withoutCommand(stdSerializers.err(withoutValues(error) as Error)) },
    },
    output,
  );
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    flush: output.flush,
  };
}

/** The Redis client attaches the refused command to its errors. For sign-in, that contains the password. */
function withoutCommand(written: object): object {
  const { command: _, lastNodeError: __, ...rest } = written as Record<string, unknown>;
  return rest;
}
