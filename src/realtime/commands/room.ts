// How many channels one connection may read or watch at once.
import { isChannelKey } from '../../chat/log/key.ts';
import { limitReached } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { HubSession } from '../connections/session.ts';
import type { Heads } from '../heads/heads.ts';

const TOO_MANY_CHANNELS = 'This connection reads as many channels as it may: leave one first, or use another';

/** Throws LIMIT_REACHED if the connection may not join so many more channels. */
export function assertRoom(session: HubSession, heads: Pick<Heads, 'count'>, more: number): void {
  const { readers } = session;
  const wanted = heads.count(session) + more;
  if (readers.size + wanted <= LIMITS.CONNECTION_CHANNELS_MAX) return;
  let channels = 0;
  for (const { feed } of readers.values()) if (isChannelKey(feed.key)) channels += 1;
  if (channels + wanted > LIMITS.CONNECTION_CHANNELS_MAX) throw limitReached('channels', TOO_MANY_CHANNELS);
}
