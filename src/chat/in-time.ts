// What is done in several steps begins none after its deadline: the client has been told by then that it failed.
import { type Deadline, isPast } from '../lib/deadline.ts';
import { ChatError } from '../protocol/errors.ts';

/** Of what nobody waits for. */
export const NEVER: Deadline = Number.POSITIVE_INFINITY;

/** Throws UNAVAILABLE: to be asked before what changes something. */
export function assertInTime(deadline: Deadline): void {
  if (isPast(deadline)) throw new ChatError('UNAVAILABLE', 'It took too long: try again');
}
