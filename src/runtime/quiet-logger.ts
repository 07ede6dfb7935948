// What is away or refuses fails everything that needs it, thousands of times: its own watch says so once. So what others say
// of it is for those who look for more.
import type { Logger } from '../lib/logger.ts';

/** A logger whose warnings and errors with an `err` that is an outage become lines of the level debug. */
export function quietAboutOutages(logger: Logger, isOutage: (error: unknown) => boolean): Logger {
  const isOf = (fields: object) => 'err' in fields && isOutage(fields.err);
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => (isOf(fields) ? logger.debug(fields, message) : logger.warn(fields, message)),
    error: (fields, message) => (isOf(fields) ? logger.debug(fields, message) : logger.error(fields, message)),
  };
}
