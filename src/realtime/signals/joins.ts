// The signal of joins and leaves in a channel, coalesced so that the 5,000th join costs no more than the 5th.
import { LIMITS } from '../../protocol/limits.ts';
import { userJoined, userLeft } from '../../protocol/presence.ts';
import { defineSignal } from './signal.ts';

export const joins = defineSignal({
  frames: [userJoined, userLeft],
  coalesceMs: 500,
  notAbove: LIMITS.ANNOUNCED_USERS_MAX,
});
