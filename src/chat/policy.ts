// Who may what: pure rules over facts that the caller has read.
import type { ChannelType } from '../protocol/resources.ts';
import type { Actor, Principal } from './accounts/principal.ts';

export function isOwner(actor: Actor, channel: { readonly ownerId: number }): boolean {
  return channel.ownerId === actor.id;
}

/** Only groups change: a direct channel keeps its name and its two members. */
export function isGroup(channel: { readonly type: ChannelType }): boolean {
  return channel.type === 'group';
}

/** What decides over a message. */
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

/** The sender, nobody else, and only as long as the conversation is theirs. */
export function mayEditMessage(actor: Actor, message: MessageFacts): boolean {
  return message.isParty && message.senderId === actor.id;
}

/** The sender, the owner of the channel; an admin in every conversation. */
export function mayDeleteMessage(actor: Pick<Principal, 'id' | 'isAdmin'>, message: MessageFacts): boolean {
  return actor.isAdmin || (message.isParty && (message.senderId === actor.id || message.channelOwnerId === actor.id));
}
