// What this node does when something other than a message has happened, wherever it happened.
import type { Clock } from '../../backends/clock/clock.ts';
import type { AnnouncedChannel } from '../../chat/announce.ts';
import type { ChannelKey } from '../../chat/log/key.ts';
import type { Readership } from '../../chat/log/read.ts';
import { CLOSE } from '../../protocol/close-codes.ts';
import type { Outgoing } from '../connections/outgoing.ts';
import { detachReader } from '../log/catch-up.ts';
import type { ChannelFeeds } from '../log/channel-feeds.ts';
import type { DirectFeeds } from '../log/direct-feeds.ts';
import type { Feed } from '../log/feed.ts';
import type { Reader } from '../log/reader.ts';
import type { PresenceTracker } from '../presence/tracker.ts';
import type { Signals } from '../signals/signals.ts';
import type { Command } from './command.ts';

const NOBODY = 0;

export interface NodeActions {
  /** Carries a command out on this node; gives how many connections it touched or counted. */
  act(command: Command): number;
  /** Takes out readers of a channel who lost access, by what the database says now. */
  checkReaders(feed: Feed): Promise<void>;
}

export function createNodeActions(deps: {
  readonly feeds: ChannelFeeds;
  readonly directFeeds: DirectFeeds;
  readonly signals: Signals;
  readonly tracker: PresenceTracker;
  readonly clock: Clock;
  /** Connections of one user on this node, those that are being made included. */
  readonly connectionsOf: (userId: number) => number;
  readonly readership: (channelId: number, userIds: readonly number[]) => Promise<Readership>;
}): NodeActions {
  const { feeds, directFeeds, signals, tracker, clock } = deps;

  function act(command: Command): number {
    switch (command.type) {
      case 'channel.added':
        return added(command.channel, command.userIds);
      case 'channel.updated':
        return tell(command.channelId, { channel_id: command.channelId, name: command.name });
      case 'channel.deleted':
        return deleted(command.channelId);
      case 'member.removed':
        return removed(command.channelId, command.userId);
      case 'admin.message':
        return broadcast(command.channelId, command.message, command.kind);
      case 'disconnect':
        return disconnect(command.userId);
      case 'count.user':
        return deps.connectionsOf(command.userId);
      case 'count.connections':
        return tracker.connections();
    }
  }

  function added(channel: AnnouncedChannel, userIds: readonly number[]): number {
    const data = { channel_id: channel.id, name: channel.name, type: channel.type, owner_id: channel.ownerId };
    const frame = signals.frame('channel.added', data);
    let count = 0;
    for (const userId of userIds) {
      for (const owner of directFeeds.owners(userId)) {
        owner.outbox.push(frame);
        count += 1;
      }
    }
    return count;
  }

  function tell(channelId: number, data: { channel_id: number; name: string }): number {
    return notify(channelId, signals.frame('channel.updated', data));
  }

  function broadcast(channelId: number, message: string, kind: string): number {
    const data = { channel_id: channelId, message, type: kind, timestamp: clock.now() };
    return notify(channelId, signals.frame('admin.message', data));
  }

  function notify(channelId: number, frame: Outgoing): number {
    const feed = feeds.get(channelId);
    feed?.notify(frame, NOBODY);
    return feed?.readers.size ?? 0;
  }

  function deleted(channelId: number): number {
    const feed = feeds.get(channelId);
    if (!feed) return 0;
    feed.removals += 1;
    const readers = [...feed.readers];
    const frame = signals.frame('channel.deleted', { channel_id: channelId });
    for (const reader of readers) {
      reader.owner.outbox.push(frame);
      detach(reader);
    }
    return readers.length;
  }

  function removed(channelId: number, userId: number): number {
    const feed = feeds.get(channelId);
    if (!feed) return 0;
    feed.removals += 1;
    return expel(feed, (reader) => reader.owner.user.id === userId);
  }

  /** Takes readers out and tells each connection of it; the others hear of it as of any other leave. */
  function expel(feed: Feed, isGone: (reader: Reader) => boolean): number {
    const readers = [...feed.readers].filter(isGone);
    for (const reader of readers) {
      reader.owner.outbox.push(signals.frame('channel.leave', leaveData(feed, reader)));
      detach(reader);
    }
    return readers.length;
  }

  function leaveData(feed: Feed, reader: Reader) {
    const { id, username } = reader.owner.user;
    return { channel_id: (feed.key as ChannelKey).channelId, user_id: id, username, action: 'leave' };
  }

  function detach(reader: Reader): void {
    detachReader(reader, clock.monotonic());
    tracker.left((reader.feed.key as ChannelKey).channelId, reader.owner.user);
  }

  function disconnect(userId: number): number {
    const owners = [...directFeeds.owners(userId)];
    for (const owner of owners) owner.close(CLOSE.DISCONNECTED, 'Disconnected by an administrator');
    return owners.length;
  }

  async function checkReaders(feed: Feed): Promise<void> {
    const { channelId } = feed.key as ChannelKey;
    // Readers who come meanwhile are looked up by their own join.
    const readers = new Set(feed.readers);
    const userIds = [...new Set([...readers].map((reader) => reader.owner.user.id))];
    const { members, deleted: isDeleted } = await deps.readership(channelId, userIds);
    if (isDeleted) deleted(channelId);
    else expel(feed, (reader) => readers.has(reader) && !members.has(reader.owner.user.id));
  }

  return { act, checkReaders };
}
