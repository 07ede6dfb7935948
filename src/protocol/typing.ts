// Frames about who is typing, in a channel or to a user.
import * as z from 'zod';
import { optionalId } from './fields.ts';
import { ackOf, clientFrame, serverFrame } from './frame.ts';

/** After this time a client stops showing that somebody types, and the server forgets it. */
export const TYPING_LASTS_MS = 8_000;

const conversation = z
  .object({ channel_id: optionalId, user_id: optionalId })
  .refine(({ channel_id, user_id }) => (channel_id === null) !== (user_id === null), {
    message: 'exactly one of channel_id, user_id is needed',
    path: ['channel_id'],
  });

/** Clients repeat it every few seconds, as long as the user goes on. */
export const startTyping = clientFrame({ type: 'typing.start', data: conversation, answer: ackOf({}) });

export const stopTyping = clientFrame({ type: 'typing.stop', data: conversation, answer: ackOf({}) });

/** These users type, or if `expires_in_ms` is 0, have stopped. `user_id` is the other user of a direct conversation. */
export const typing = serverFrame(
  'typing',
  z.object({
    channel_id: z.int().optional(),
    user_id: z.int().optional(),
    users: z.array(z.object({ user_id: z.int(), username: z.string() })),
    expires_in_ms: z.int(),
  }),
);
