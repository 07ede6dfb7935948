// Heads: connections that only want to know how far channels have come. Once a second one statement reads the heads of
// all channels of this node that had events; a connection costs much less than a reader.
import type { Clock } from '../../backends/clock/clock.ts';
import type { ChannelKey } from '../../chat/log/key.ts';
import { channelKey, logName } from '../../chat/log/key.ts';
import type { ChannelHead, WantedHead } from '../../chat/log/read-heads.ts';
import type { Logger } from '../../lib/logger.ts';
import type { Hooks } from '../hooks.ts';
import type { ChannelFeeds, HeldFeed } from '../log/channel-feeds.ts';
import type { Feed } from '../log/feed.ts';
import type { ReaderOwner } from '../log/reader.ts';
import type { Signals } from '../signals/signals.ts';

const INTERVAL_MS = 1_000;
/** The most channels of one statement. */
const CHUNK = 1_000;

/** A channel with connections that watch its head. */
interface Watch {
  readonly channelId: number;
  readonly held: HeldFeed;
  readonly owners: Set<ReaderOwner>;
  /** The head that was told last. */
  toldSeq: number;
}

export interface Heads {
  /** The connection gets a `channel.head` after events beyond `head`. The feed is open. */
  watch(owner: ReaderOwner, feed: Feed, head: number): void;
  /** Returns false if the connection did not watch the channel. */
  unwatch(owner: ReaderOwner, channelId: number): boolean;
  watches(owner: ReaderOwner, channelId: number): boolean;
  /** How many channels the connection watches. */
  count(owner: ReaderOwner): number;
  /** The connections that watch the channel. */
  owners(channelId: number): Iterable<ReaderOwner>;
}

export interface HeadsDependencies {
  readonly feeds: Pick<ChannelFeeds, 'hold'>;
  readonly hooks: Hooks;
  readonly signals: Pick<Signals, 'frame'>;
  readonly clock: Pick<Clock, 'after' | 'monotonic'>;
  readonly logger: Logger;
  readonly readHeads: (wanted: readonly WantedHead[]) => Promise<readonly ChannelHead[]>;
}

export function createHeads({ feeds, hooks, signals, clock, logger, readHeads }: HeadsDependencies): Heads {
  const watches = new Map<string, Watch>();
  const watchedBy = new Map<ReaderOwner, Set<Watch>>();
  /** What is to be told: to these connections. */
  let due = new Map<Watch, Set<ReaderOwner>>();
  let isScheduled = false;
  let nextAt = 0;

  hooks.event.on((log) => {
    const watch = watches.get(log);
    if (watch) tellSoon(watch, watch.owners);
  });
  hooks.closed.on((owner) => {
    for (const watch of watchedBy.get(owner) ?? []) unwatch(owner, watch.channelId);
  });

  function tellSoon(watch: Watch, owners: Set<ReaderOwner>): void {
    // All who watch it now are more than some of them.
    if (due.get(watch) !== watch.owners) due.set(watch, owners);
    if (isScheduled) return;
    isScheduled = true;
    clock.after(Math.max(0, nextAt - clock.monotonic()), () => void tell());
  }

  async function tell(): Promise<void> {
    const telling = [...due];
    due = new Map();
    nextAt = clock.monotonic() + INTERVAL_MS;
    for (let at = 0; at < telling.length; at += CHUNK) await tellSome(telling.slice(at, at + CHUNK));
    isScheduled = false;
    const [more] = due;
    if (more) tellSoon(...more);
  }

  async function tellSome(telling: readonly (readonly [Watch, Set<ReaderOwner>])[]): Promise<void> {
    try {
      const wanted = telling.map(([{ channelId, toldSeq }]) => ({ channelId, after: toldSeq }));
      const heads = new Map((await readHeads(wanted)).map((head) => [head.channelId, head]));
      for (const [watch, owners] of telling) {
        const head = heads.get(watch.channelId);
        if (head) tellOne(watch, owners, head);
      }
    } catch (err) {
      logger.warn({ err }, 'Cannot read how far channels have come: will try again');
      for (const [watch, owners] of telling) tellSoon(watch, owners);
    }
  }

  function tellOne(watch: Watch, owners: Set<ReaderOwner>, { accessVersion, ...head }: ChannelHead): void {
    const { feed } = watch.held;
    feed.noteHead(head.lastSeq, accessVersion);
    // Somebody may have lost access: that is known a moment later.
    if (!feed.settled) return tellSoon(watch, owners);
    const frame = signals.frame('channel.head', {
      channel_id: head.channelId,
      last_seq: head.lastSeq,
      message_count: head.messageCount,
      last_event_at: head.lastEventAt,
      deleted: head.deleted,
      mentioned: head.mentioned,
    });
    const missed = new Set<ReaderOwner>();
    for (const owner of owners) {
      if (!watch.owners.has(owner)) continue;
      if (owner.outbox.lagging) missed.add(owner);
      else owner.outbox.push(frame);
    }
    watch.toldSeq = Math.max(watch.toldSeq, head.lastSeq);
    if (missed.size > 0) tellSoon(watch, missed);
  }

  function watch(owner: ReaderOwner, feed: Feed, head: number): void {
    const { channelId } = feed.key as ChannelKey;
    let known = watches.get(feed.name);
    if (!known) {
      known = { channelId, held: feeds.hold(channelId), owners: new Set(), toldSeq: head };
      watches.set(feed.name, known);
      feed.isWatched = true;
    }
    known.owners.add(owner);
    const others = watchedBy.get(owner);
    if (others) others.add(known);
    else watchedBy.set(owner, new Set([known]));
  }

  function unwatch(owner: ReaderOwner, channelId: number): boolean {
    const name = logName(channelKey(channelId));
    const known = watches.get(name);
    if (!known?.owners.delete(owner)) return false;
    const ofOwner = watchedBy.get(owner);
    if (ofOwner?.delete(known) && ofOwner.size === 0) watchedBy.delete(owner);
    if (known.owners.size === 0) {
      watches.delete(name);
      known.held.feed.isWatched = false;
      known.held.release();
    }
    return true;
  }

  return {
    watch,
    unwatch,
    watches: (owner, channelId) => watches.get(logName(channelKey(channelId)))?.owners.has(owner) ?? false,
    count: (owner) => watchedBy.get(owner)?.size ?? 0,
    owners: (channelId) => watches.get(logName(channelKey(channelId)))?.owners ?? [],
  };
}
