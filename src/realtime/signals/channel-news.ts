// What happens to a channel, or is said in it without being stored: told to all who are live in it, however many.
import { adminMessage, channelUpdated } from '../../protocol/channels.ts';
import { defineSignal } from './signal.ts';

export const channelNews = defineSignal({
  frames: [channelUpdated, adminMessage],
  coalesceMs: 0,
  notAbove: Number.POSITIVE_INFINITY,
});
