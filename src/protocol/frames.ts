// The frames of the message protocol: what a client may send, and what the server sends.
import * as z from 'zod';
import { fileUrl, id, optionalText, seq, storable, text } from './fields.ts';
import { LIMITS } from './limits.ts';
import type { MessageType } from './message-type.ts';

const fileName = optionalText(storable().max(LIMITS.FILE_NAME_MAX));

const content = {
  text: optionalText(),
  url: optionalText(fileUrl),
  file_name: fileName,
  /** As clients of the former service write it. */
  fileName,
  client_id: optionalText(storable().max(LIMITS.CLIENT_ID_LENGTH)),
};

type Content = Record<'text' | 'url' | 'file_name' | 'fileName', string | null>;

function hasContent({ text, url, file_name, fileName }: Content): boolean {
  return text !== null || url !== null || file_name !== null || fileName !== null;
}

/** What comes by either name goes on by one. */
function withOneName<C extends Content>({ fileName, ...data }: C) {
  return { ...data, file_name: data.file_name ?? fileName };
}

const NO_CONTENT = { message: 'at least one of text, url, file_name is needed', path: ['text'] };
const since = seq.nullish().transform((value) => value ?? undefined);

/** The data of each frame that a client may send, by frame type. Unknown fields are ignored. */
export const clientFrames = {
  authenticate: z.object({ token: text().min(1).max(8192) }),
  'channel.join': z.object({ channel_id: id, since }),
  'channel.leave': z.object({ channel_id: id }),
  'direct.join': z.object({ user_id: id, since }),
  'channel.message': z
    .object({ channel_id: id, ...content })
    .refine(hasContent, NO_CONTENT)
    .transform(withOneName),
  'direct.message': z
    .object({ receiver_id: id, ...content })
    .refine(hasContent, NO_CONTENT)
    .transform(withOneName),
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

/** Data of `channel.message`, `direct.message` and `message.updated`. Times are ISO 8601 UTC. */
export interface MessageData {
  id: number;
  seq: number;
  updated_seq: number;
  channel_id?: number;
  receiver_id?: number;
  sender_id: number;
  sender_name: string;
  sender_avatar: string | null;
  text: string | null;
  url: string | null;
  file_name: string | null;
  message_type: MessageType;
  client_id: string | null;
  created_at: string;
  updated_at: string;
}

/** Data of `message.deleted`. */
export interface MessageDeletedData {
  id: number;
  seq: number;
  updated_seq: number;
  channel_id?: number;
  receiver_id?: number;
}

/** Data of the `ack` of a message frame. */
export interface MessageAck {
  id: number;
  seq: number;
  created_at: string;
  duplicate: boolean;
}
