// The longest text of a message, which is a setting of the service.
import { type ChatError, invalid } from '../../protocol/errors.ts';

/** Throws VALIDATION_FAILED for `field` if the text has more than `max` UTF-16 units. */
export function assertTextLength(field: string, text: string, max: number): void {
  if (text.length > max) throw tooLong(field, max);
}

export function tooLong(field: string, max: number): ChatError {
  return invalid(field, `must have at most ${max} characters`);
}
