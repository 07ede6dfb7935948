// Who comes and goes in a channel: told so that the 5,000th costs what the 5th does.
import { LIMITS } from '../../protocol/limits.ts';
import { userJoined, userLeft } from '../../protocol/presence.ts';
import { defineSignal } from './signal.ts';

export const joins = defineSignal({
  frames: [userJoined, userLeft],
  coalesceMs: 500,
  notAbove: LIMITS.ANNOUNCED_USERS_MAX,
});
