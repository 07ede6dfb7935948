// Frames about the direct conversation with another user. Its messages are in messages.ts.
import * as z from 'zod';
import { id, since } from './fields.ts';
import { ackOf, clientFrame } from './frame.ts';

/** Asks for the last number of the log with that user, and if `since` is given, for the events after it. */
export const joinDirect = clientFrame({
  type: 'direct.join',
  data: z.object({ user_id: id, since }),
  answer: ackOf({ user_id: z.int(), last_seq: z.int() }),
});
