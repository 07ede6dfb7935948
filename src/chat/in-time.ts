// Keeps a use case from writing after its deadline, because the client was told by then that it failed.
import { type Deadline, isPast } from '../lib/deadline.ts';
import { ChatError } from '../protocol/errors.ts';

/** The deadline of calls that nobody waits for. */
export const NEVER: Deadline = Number.POSITIVE_INFINITY;

/** Throws UNAVAILABLE if the deadline is past. Call it before each write. */
export function assertInTime(deadline: Deadline): void {
  if (isPast(deadline)) throw new ChatError('UNAVAILABLE', 'It took too long: try again');
}
