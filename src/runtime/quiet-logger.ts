// A dependency that is away or refuses fails everything that needs it, thousands of times. Its own watch logs that
// once, so other messages about it are only for those who look for more.
import type { Logger } from '../lib/logger.ts';

/** Returns a logger that lowers warnings and errors whose `err` is an outage to the level debug. */
export function quietAboutOutages(logger: Logger, isOutage: (error: unknown) => boolean): Logger {
  const isOf = (fields: object) => 'err' in fields && isOutage(fields.err);
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => (isOf(fields) ? logger.debug(fields, message) : logger.warn(fields, message)),
    error: (fields, message) => (isOf(fields) ? logger.debug(fields, message) : logger.error(fields, message)),
  };
}
