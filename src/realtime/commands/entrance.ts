// Checks a user's access to a channel for a join: opens the feed, and then reads the access from the database.
import type { Entry } from '../../chat/log/read.ts';
import type { LogReads } from '../../chat/log/reads.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { ChannelFeeds, HeldFeed } from '../log/channel-feeds.ts';
import type { Feed } from '../log/feed.ts';

export interface JoinAccess {
  readonly channelId: number;
  readonly feed: Feed;
  readonly entry: Entry;
  /** False if somebody was taken out meanwhile, or the feed was closed. */
  readonly isCurrent: () => boolean;
  /** Stops holding the feed open. */
  readonly release: () => void;
}

export interface EntranceDependencies {
  readonly feeds: ChannelFeeds;
  readonly reads: Pick<LogReads, 'entry'>;
}

/**
 * Asks again if somebody was taken out meanwhile. Resolves to undefined if `isOver`, because nobody waits for it then.
 * Rejects with CHANNEL_NOT_FOUND if the user is not a member.
 */
export async function enter(
  deps: EntranceDependencies,
  userId: number,
  channelId: number,
  isOver: () => boolean,
): Promise<JoinAccess | undefined> {
  while (!isOver()) {
    const held = deps.feeds.hold(channelId);
    try {
      const entrance = await lookUp(deps, userId, channelId, held);
      if (entrance.isCurrent()) return entrance;
    } catch (error) {
      held.release();
      throw error;
    }
    held.release();
  }
  return undefined;
}

async function lookUp(
  { feeds, reads }: EntranceDependencies,
  userId: number,
  channelId: number,
  { feed, subscribed, release }: HeldFeed,
): Promise<JoinAccess> {
  await subscribed;
  const { removals } = feed;
  const entry = await reads.entry(userId, channelId);
  if (!entry) throw new ChatError('CHANNEL_NOT_FOUND');
  // The feed may know of a removal that this lookup missed, from another node or from the log.
  const isCurrent = () =>
    feeds.get(channelId) === feed && feed.removals === removals && entry.accessVersion >= feed.knownVersion();
  return { channelId, feed, entry, isCurrent, release };
}
