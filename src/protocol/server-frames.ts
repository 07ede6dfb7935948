// The list of all frames that the server sends.
import type * as z from 'zod';
import { accountUpdated, conversationRemoved, conversationUpdated } from './account-log.ts';
import { adminMessage, channelAdded, channelDeleted, channelHead, channelUpdated } from './channels.ts';
import { ack, connectionClosing, connectionConnect, error, pong } from './connection.ts';
import { channelMessage, directMessage, messageDeleted, messageUpdated } from './messages.ts';
import { userJoined, userLeft } from './presence.ts';
import { messageReacted } from './reactions.ts';
import { typing } from './typing.ts';
import { presenceChanged } from './user-presence.ts';

export const SERVER_FRAMES = [
  connectionConnect,
  channelMessage,
  directMessage,
  messageUpdated,
  messageDeleted,
  messageReacted,
  userJoined,
  userLeft,
  channelAdded,
  channelUpdated,
  channelDeleted,
  channelHead,
  conversationUpdated,
  conversationRemoved,
  accountUpdated,
  adminMessage,
  typing,
  presenceChanged,
  connectionClosing,
  ack,
  error,
  pong,
] as const;

type Definition = (typeof SERVER_FRAMES)[number];
export type ServerFrameType = Definition['type'];
/** The data of a server frame of type T. */
export type ServerFrameData<T extends ServerFrameType> = z.output<Extract<Definition, { type: T }>['data']>;

/** A server frame. `timestamp` in ms. In frames about messages, `seq` is the event's number in its log. */
export interface ServerFrame {
  id: string;
  type: ServerFrameType;
  data: unknown;
  timestamp: number;
  user_id?: number;
  seq?: number;
}
