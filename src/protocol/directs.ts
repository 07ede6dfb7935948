// Frames about the direct conversation with another user. Its messages are another file's.
import * as z from 'zod';
import { id, since } from './fields.ts';
import { ackOf, clientFrame } from './frame.ts';

/** Asks how far the log with that user has come, and with `since` for what was missed. */
export const joinDirect = clientFrame({
  type: 'direct.join',
  data: z.object({ user_id: id, since }),
  answer: ackOf({ user_id: z.int(), last_seq: z.int() }),
});
