// The frames of the message protocol: what a client may send, and what the server sends.
import * as z from 'zod';
import { id, seq, text } from './fields.ts';
import { messageFrames } from './messages.ts';

const since = seq.nullish().transform((value) => value ?? undefined);

/** The data of each frame that a client may send, by frame type. Unknown fields are ignored. */
export const clientFrames = {
  authenticate: z.object({ token: text().min(1).max(8192) }),
  'channel.join': z.object({ channel_id: id, since }),
  'channel.leave': z.object({ channel_id: id }),
  'direct.join': z.object({ user_id: id, since }),
  ...messageFrames,
  ping: z.object({}),
} as const;

export type ClientFrameType = keyof typeof clientFrames;
/** The validated data of a client frame of type T. */
export type ClientFrameData<T extends ClientFrameType> = z.output<(typeof clientFrames)[T]>;

/** A server frame. `timestamp` in ms; `seq` is the log's number of the event, in frames about messages. */
export interface ServerFrame {
  id: string;
  type: ServerFrameType;
  data: unknown;
  timestamp: number;
  user_id?: number;
  seq?: number;
}

export type ServerFrameType =
  | 'ack'
  | 'error'
  | 'pong'
  | 'connection.connect'
  | 'connection.closing'
  | 'channel.message'
  | 'direct.message'
  | 'message.updated'
  | 'message.deleted'
  | 'channel.join'
  | 'channel.leave'
  | 'channel.updated'
  | 'channel.deleted'
  | 'channel.added'
  | 'admin.message';
