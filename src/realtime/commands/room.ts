// How many channels one connection may read at once.
import { isChannelKey } from '../../chat/log/key.ts';
import { limitReached } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { HubSession } from '../connections/session.ts';

const TOO_MANY_CHANNELS = 'This connection reads as many channels as it may: leave one first, or use another';

/** Throws LIMIT_REACHED if the connection may not read so many more channels. */
export function assertRoom({ readers }: HubSession, more: number): void {
  if (readers.size + more <= LIMITS.CONNECTION_CHANNELS_MAX) return;
  let channels = 0;
  for (const { feed } of readers.values()) if (isChannelKey(feed.key)) channels += 1;
  if (channels + more > LIMITS.CONNECTION_CHANNELS_MAX) throw limitReached('channels', TOO_MANY_CHANNELS);
}
