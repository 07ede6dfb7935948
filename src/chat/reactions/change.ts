// Reactions as a change of their message. Those that are stored together are one event, which says each of them.
import { type ReactionChange, reactedData } from '../../protocol/reactions.ts';
import { defineKind } from '../log/change-kind.ts';
import { defineChange } from '../log/define-change.ts';

export const reacted = defineChange({ type: 'reacted', live: 'message.reacted' });

/** `emoji` is composed (NFC). `replace` removes the user's others. */
export interface React {
  readonly emoji: string;
  readonly add: boolean;
  readonly replace: boolean;
}

export const react = defineKind<React, readonly ReactionChange[]>({
  name: 'react',
  change: reacted,
  live: (message, details) => reactedData(message, details.flat()),
});
