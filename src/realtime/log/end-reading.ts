// Makes a connection stop reading a log, for any reason.
import type { Clock } from '../../backends/clock/clock.ts';
import { isChannelKey } from '../../chat/log/key.ts';
import type { Hooks } from '../hooks.ts';
import type { PresenceTracker } from '../presence/tracker.ts';
import { detachReader } from './catch-up.ts';
import type { Reader } from './reader.ts';

/** Takes the reader out of its feed. If it was the user's last connection there, the others get that the user left. */
export type EndReading = (reader: Reader) => void;

export function createEndReading(deps: {
  readonly tracker: PresenceTracker;
  readonly hooks: Hooks;
  readonly clock: Pick<Clock, 'monotonic'>;
}): EndReading {
  const { tracker, hooks, clock } = deps;
  return (reader) => {
    const { owner, feed } = reader;
    detachReader(reader, clock.monotonic());
    if (!isChannelKey(feed.key)) return;
    const { channelId } = feed.key;
    if (reader.isShown) tracker.left(channelId, owner.user);
    hooks.left.emit(owner, channelId);
  };
}
