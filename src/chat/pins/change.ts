// Pinning as a change of the message. Its live form is the message as it is then.
import { defineKind } from '../log/change-kind.ts';
import { updated } from '../messages/changes.ts';

/** Throws LIMIT_REACHED if the conversation has so many. */
export const pin = defineKind<{ atMost: number }>({ name: 'pin', change: updated });
export const unpin = defineKind<object>({ name: 'unpin', change: updated });
