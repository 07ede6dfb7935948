// The signals about a channel itself, and admin messages: all who are live in it get them, however many.
import { adminMessage, channelUpdated } from '../../protocol/channels.ts';
import { defineSignal } from './signal.ts';

export const channelNotices = defineSignal({
  frames: [channelUpdated, adminMessage],
  coalesceMs: 0,
  notAbove: Number.POSITIVE_INFINITY,
});
