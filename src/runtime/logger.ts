// The log: one JSON line an event on standard output, written before the call returns, so that a crash loses none.
import { destination, type LevelWithSilent, pino, stdSerializers, stdTimeFunctions } from 'pino';
import { withoutValues } from '../database/errors.ts';
import type { Logger } from '../protocol/logger.ts';

export function createLogger(level: LevelWithSilent): Logger {
  return pino(
    {
      level,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: stdTimeFunctions.isoTime,
      // Whoever logs an error of the database: what users wrote stays out.
      serializers: { err: (error) => stdSerializers.err(withoutValues(error) as Error) },
    },
    destination({ dest: 1, sync: true }),
  );
}
