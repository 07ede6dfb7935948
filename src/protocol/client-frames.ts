// The list of all frames that a client may send.
import type * as z from 'zod';
import { joinAccount } from './account-log.ts';
import { joinChannel, leaveChannel } from './channels.ts';
import { authenticate, ping } from './connection.ts';
import { joinDirect } from './directs.ts';
import type { ClientFrameDefinition } from './frame.ts';
import { markRead, markUnread } from './markers.ts';
import { sendToChannel, sendToUser } from './messages.ts';
import { addReaction, removeReaction } from './reactions.ts';
import { startTyping, stopTyping } from './typing.ts';
import { setPresence, subscribePresence } from './user-presence.ts';

export const CLIENT_FRAMES = [
  authenticate,
  joinChannel,
  leaveChannel,
  joinAccount,
  joinDirect,
  sendToChannel,
  sendToUser,
  addReaction,
  removeReaction,
  startTyping,
  stopTyping,
  subscribePresence,
  setPresence,
  markRead,
  markUnread,
  ping,
] as const;

type Definition = (typeof CLIENT_FRAMES)[number];
export type ClientFrameType = Definition['type'];

/** A valid frame: its type, and the data of that type. */
export type ClientFrame = {
  [T in ClientFrameType]: { readonly type: T; readonly data: z.output<Extract<Definition, { type: T }>['data']> };
}[ClientFrameType];

const BY_TYPE: ReadonlyMap<string, ClientFrameDefinition<ClientFrameType>> = new Map(
  CLIENT_FRAMES.map((definition) => [definition.type, definition]),
);

/** Returns undefined if clients may not send frames of this type. */
export function clientFrameOf(type: string): ClientFrameDefinition<ClientFrameType> | undefined {
  return BY_TYPE.get(type);
}
