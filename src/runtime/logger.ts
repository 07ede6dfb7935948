// The log: one JSON line an event on standard output, written before the call returns where it can be, so that a crash loses
// none. Where nobody reads it, lines are left out, and counted.
import { type LevelWithSilent, pino, stdSerializers, stdTimeFunctions } from 'pino';
import { withoutValues } from '../database/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { openOutput } from './platform/output.ts';

export interface ServiceLogger extends Logger {
  /** Resolves when all lines are out, or so much time has passed: before the process is ended. */
  flush(withinMs: number): Promise<void>;
}

/** To be made once: a process has one standard output. */
export function createLogger(level: LevelWithSilent): ServiceLogger {
  const output = openOutput(1, (lines) => {
    logger.warn({ dropped: lines }, 'nobody took the log for a while: lines of it were left out');
  });
  const logger = pino(
    {
      level,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: stdTimeFunctions.isoTime,
      // Whoever logs an error of the database or of Redis: what users wrote, and passwords, stay out.
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

/** The client for Redis hangs the refused command on its errors: to sign in, that is the password. */
function withoutCommand(written: object): object {
  const { command: _, lastNodeError: __, ...rest } = written as Record<string, unknown>;
  return rest;
}
