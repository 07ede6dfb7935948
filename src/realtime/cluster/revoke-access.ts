// Takes readers out of a channel that may not read it any more.
import type { ChannelKey } from '../../chat/log/key.ts';
import type { Readership } from '../../chat/log/read.ts';
import type { Hooks } from '../hooks.ts';
import type { ChannelFeeds } from '../log/channel-feeds.ts';
import type { EndReading } from '../log/end-reading.ts';
import type { Feed } from '../log/feed.ts';
import type { Reader } from '../log/reader.ts';
import type { Signals } from '../signals/signals.ts';

export interface RevokeAccess {
  /** The channel is deleted. Returns how many connections read it. */
  all(feed: Feed): number;
  /** The user is not a member any more. Returns how many of the user's connections read the channel. */
  user(channelId: number, userId: number): number;
  /** Takes out the readers that have no access any more, according to the database. Rejects if the database does. */
  check(feed: Feed): Promise<void>;
}

export function createRevokeAccess(deps: {
  readonly feeds: ChannelFeeds;
  readonly signals: Signals;
  readonly endReading: EndReading;
  readonly hooks: Hooks;
  readonly readership: (channelId: number, userIds: readonly number[]) => Promise<Readership>;
}): RevokeAccess {
  const { feeds, signals, endReading, hooks } = deps;

  function all(feed: Feed): number {
    feed.removals += 1;
    const readers = [...feed.readers];
    const frame = signals.frame('channel.deleted', { channel_id: channelOf(feed) });
    for (const reader of readers) {
      reader.owner.outbox.push(frame);
      endReading(reader);
    }
    return readers.length;
  }

  function user(channelId: number, userId: number): number {
    hooks.removed.emit(userId, channelId);
    const feed = feeds.get(channelId);
    if (!feed) return 0;
    feed.removals += 1;
    return expel(feed, (reader) => reader.owner.user.id === userId);
  }

  /** Each connection of a removed user gets a leave. The others get it like any other leave. */
  function expel(feed: Feed, isGone: (reader: Reader) => boolean): number {
    const readers = [...feed.readers].filter(isGone);
    for (const reader of readers) {
      const { id, username } = reader.owner.user;
      const data = { channel_id: channelOf(feed), user_id: id, username, action: 'leave' } as const;
      reader.owner.outbox.push(signals.frame('channel.leave', data));
      endReading(reader);
    }
    return readers.length;
  }

  async function check(feed: Feed): Promise<void> {
    // Readers that come meanwhile are looked up by their own join.
    const readers = new Set(feed.readers);
    const userIds = [...new Set([...readers].map((reader) => reader.owner.user.id))];
    const { members, deleted } = await deps.readership(channelOf(feed), userIds);
    if (deleted) all(feed);
    else expel(feed, (reader) => readers.has(reader) && !members.has(reader.owner.user.id));
  }

  return { all, user, check };
}

function channelOf(feed: Feed): number {
  return (feed.key as ChannelKey).channelId;
}
