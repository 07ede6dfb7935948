// The rules of access: pure functions over facts that the caller has read.
import type { ChannelType } from '../protocol/channels.ts';
import type { Actor, Principal } from './accounts/principal.ts';

export function isOwner(actor: Actor, channel: { readonly ownerId: number }): boolean {
  return channel.ownerId === actor.id;
}

/** Only groups can change. A direct channel keeps its name and its two members. */
export function isGroup(channel: { readonly type: ChannelType }): boolean {
  return channel.type === 'group';
}

/** What decides who may read, edit or delete a message. */
export interface MessageFacts {
  readonly senderId: number;
  /** Owner of its channel; null for a direct message. */
  readonly channelOwnerId: number | null;
  /** The actor is a member of its channel, or one of its two users. */
  readonly isParty: boolean;
}

export function mayReadMessage(message: MessageFacts): boolean {
  return message.isParty;
}

/** Only the sender may, and only as a party of the conversation. */
export function mayEditMessage(actor: Actor, message: MessageFacts): boolean {
  return message.isParty && message.senderId === actor.id;
}

/** The sender and the owner of the channel may, and admins in every conversation. */
export function mayDeleteMessage(actor: Pick<Principal, 'id' | 'isAdmin'>, message: MessageFacts): boolean {
  return actor.isAdmin || (message.isParty && (message.senderId === actor.id || message.channelOwnerId === actor.id));
}
