// A message that is pinned in its conversation: when that was, and by whom.
import { shownId, shownTime } from './shown.ts';

/** Only a pinned message has them. */
export const shownPin = {
  pinnedAt: shownTime.optional().meta({ description: 'When the message was pinned; absent if it is not.' }),
  pinnedBy: shownId.optional().meta({ description: 'Who pinned it.' }),
};
