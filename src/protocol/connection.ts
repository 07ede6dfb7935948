// Frames about the connection itself: signing in, pings, answers, and closing.
import * as z from 'zod';
import { ERROR_CODES } from './errors.ts';
import { text } from './fields.ts';
import { clientFrame, serverFrame } from './frame.ts';

/** The answer to a frame that has an `id`. The definition of that frame says what data it has. */
export const ack = serverFrame('ack', z.looseObject({}));

export const error = serverFrame(
  'error',
  z.object({
    code: z.enum(ERROR_CODES),
    message: z.string(),
    details: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    retry_after_ms: z.int().optional(),
  }),
);

export const pong = serverFrame('pong', z.object({}));

/** The connection has signed in; `client_id` names it. */
export const connectionConnect = serverFrame(
  'connection.connect',
  z.object({
    user_id: z.int(),
    username: z.string(),
    client_id: z.string(),
    status: z.literal('connected'),
    message: z.string(),
  }),
);

/** The node stops, or cannot set the connection up: the client should reconnect, to any node. */
export const connectionClosing = serverFrame(
  'connection.closing',
  z.object({ reason: z.enum(['shutdown', 'unavailable']), reconnect_after_ms: z.int() }),
);

export const authenticate = clientFrame({
  type: 'authenticate',
  data: z.object({ token: text().min(1).max(8192) }),
  answer: connectionConnect,
  beforeSignIn: true,
  socketIo: {
    event: 'authenticate',
    answer: 'authenticated',
    body: ({ user_id }) => ({ userId: user_id }),
  },
});

export const ping = clientFrame({ type: 'ping', data: z.object({}), answer: pong, beforeSignIn: true });
