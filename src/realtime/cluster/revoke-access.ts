// Takes readers out of a channel that may not read it any more.
import type { ChannelKey } from '../../chat/log/key.ts';
import type { Readership } from '../../chat/log/read.ts';
import type { Heads } from '../heads/heads.ts';
import type { Hooks } from '../hooks.ts';
import type { ChannelFeeds } from '../log/channel-feeds.ts';
import type { EndReading } from '../log/end-reading.ts';
import type { Feed } from '../log/feed.ts';
import type { ReaderOwner } from '../log/reader.ts';
import type { Signals } from '../signals/signals.ts';

export interface RevokeAccess {
  /** The channel is deleted. Returns how many connections had joined it. */
  all(feed: Feed): number;
  /** The user is not a member any more. Returns how many of the user's connections had joined the channel. */
  user(channelId: number, userId: number): number;
  /** Takes out the connections that have no access any more, according to the database. Rejects if the database does. */
  check(feed: Feed): Promise<void>;
}

export function createRevokeAccess(deps: {
  readonly feeds: ChannelFeeds;
  readonly heads: Pick<Heads, 'owners' | 'unwatch'>;
  readonly signals: Signals;
  readonly endReading: EndReading;
  readonly hooks: Hooks;
  readonly readership: (channelId: number, userIds: readonly number[]) => Promise<Readership>;
}): RevokeAccess {
  const { feeds, heads, signals, endReading, hooks } = deps;

  /** The connections that have joined the channel, in whatever mode. */
  function joinedTo(feed: Feed): ReaderOwner[] {
    return [...[...feed.readers].map((reader) => reader.owner), ...heads.owners(channelOf(feed))];
  }

  function takeOut(feed: Feed, owner: ReaderOwner): void {
    const reader = owner.readers.get(feed.name);
    if (reader) endReading(reader);
    heads.unwatch(owner, channelOf(feed));
  }

  function all(feed: Feed): number {
    feed.removals += 1;
    const owners = joinedTo(feed);
    const frame = signals.frame('channel.deleted', { channel_id: channelOf(feed) });
    for (const owner of owners) {
      owner.outbox.push(frame);
      takeOut(feed, owner);
    }
    return owners.length;
  }

  function user(channelId: number, userId: number): number {
    hooks.removed.emit(userId, channelId);
    const feed = feeds.get(channelId);
    if (!feed) return 0;
    feed.removals += 1;
    return expel(feed, (owner) => owner.user.id === userId);
  }

  /** Each connection of a removed user gets a leave. The others get it like any other leave. */
  function expel(feed: Feed, isGone: (owner: ReaderOwner) => boolean): number {
    const owners = joinedTo(feed).filter(isGone);
    for (const owner of owners) {
      const { id, username } = owner.user;
      const data = { channel_id: channelOf(feed), user_id: id, username, action: 'leave' } as const;
      owner.outbox.push(signals.frame('channel.leave', data));
      takeOut(feed, owner);
    }
    return owners.length;
  }

  async function check(feed: Feed): Promise<void> {
    // Those that come meanwhile are looked up by their own join.
    const owners = new Set(joinedTo(feed));
    const userIds = [...new Set([...owners].map((owner) => owner.user.id))];
    const { members, deleted } = await deps.readership(channelOf(feed), userIds);
    if (deleted) all(feed);
    else expel(feed, (owner) => owners.has(owner) && !members.has(owner.user.id));
  }

  return { all, user, check };
}

function channelOf(feed: Feed): number {
  return (feed.key as ChannelKey).channelId;
}
