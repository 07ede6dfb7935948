// The feeds of channels that have, or recently had, readers on this node.
import type { Broker, Unsubscribe } from '../../backends/broker/broker.ts';
import type { Clock } from '../../backends/clock/clock.ts';
import { channelKey } from '../../chat/log/key.ts';
import { ChatError } from '../../protocol/errors.ts';
import { decodePublication, type PublishedSignal } from '../cluster/publication.ts';
import { channelTopic } from '../cluster/topics.ts';
import { Feed, type FeedContext } from './feed.ts';

/** How long a feed stays without readers, so that clients of a broken network find its recent events. */
const LINGER_MS = 60_000;

/** The most feeds of a node: some hundred MiB of memory, if all had events. */
const MAX_FEEDS = 100_000;
/** How often a full node at most searches all its feeds for unread ones. */
const MAKE_ROOM_MS = 1_000;

/** A feed that stays open until `release` is called. */
export interface HeldFeed {
  readonly feed: Feed;
  /** Settles once publications of the log reach this node, or the broker is known to be away. */
  readonly subscribed: Promise<void>;
  /** Call it once. Closes the feed if it never began and has no reader. */
  release(): void;
}

interface Entry {
  readonly feed: Feed;
  readonly subscribed: Promise<void>;
  readonly unsubscribe: Unsubscribe;
  /** How many joins are under way. */
  holders: number;
}

export interface ChannelFeeds {
  /**
   * Returns the channel's feed, and opens it if needed. Call it only for members, so that strangers cost nothing. Begin
   * the feed with what the database says after `subscribed`. Throws UNAVAILABLE if the node has too many feeds.
   */
  hold(channelId: number): HeldFeed;
  /** The channel's feed, if it is open. */
  get(channelId: number): Feed | undefined;
  all(): Iterable<Feed>;
  /** Closes feeds that have had no readers for a while. */
  sweep(): void;
}

export function createChannelFeeds(deps: {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly nodeId: string;
  readonly context: FeedContext;
  /** Another node has published a signal to the readers of a feed. */
  readonly onSignal: (feed: Feed, signal: PublishedSignal) => void;
}): ChannelFeeds {
  const { broker, clock, nodeId, context, onSignal } = deps;
  const entries = new Map<number, Entry>();
  let makeRoomAt = 0;

  function hold(channelId: number): HeldFeed {
    const entry = entries.get(channelId) ?? open(channelId);
    entry.holders += 1;
    return {
      feed: entry.feed,
      subscribed: entry.subscribed,
      release() {
        entry.holders -= 1;
        const { feed, holders } = entry;
        if (holders === 0 && feed.head < 0 && feed.readers.size === 0) close(channelId, entry);
      },
    };
  }

  function open(channelId: number): Entry {
    if (entries.size >= MAX_FEEDS) makeRoom();
    if (entries.size >= MAX_FEEDS) throw new ChatError('UNAVAILABLE', 'This node is full: connect again');
    const feed = new Feed(channelKey(channelId), context);
    const { ready, unsubscribe } = broker.subscribe(channelTopic(channelId), (payload) => receive(feed, payload));
    const entry = { feed, subscribed: ready, unsubscribe, holders: 0 };
    entries.set(channelId, entry);
    return entry;
  }

  function receive(feed: Feed, payload: string): void {
    const publication = decodePublication(payload, nodeId);
    if (publication?.log !== feed.name) return;
    if ('events' in publication) feed.receivePublication(publication);
    else onSignal(feed, publication);
  }

  function makeRoom(): void {
    const now = clock.monotonic();
    if (now < makeRoomAt) return;
    makeRoomAt = now + MAKE_ROOM_MS;
    closeUnread(Number.POSITIVE_INFINITY);
  }

  /** Closes the feeds without readers that were last used before this time. */
  function closeUnread(before: number): void {
    for (const [channelId, entry] of entries) {
      const { feed, holders } = entry;
      if (holders === 0 && feed.readers.size === 0 && feed.usedAt <= before) close(channelId, entry);
    }
  }

  function close(channelId: number, entry: Entry): void {
    if (entries.get(channelId) !== entry) return;
    entries.delete(channelId);
    entry.unsubscribe();
    entry.feed.close();
  }

  return {
    hold,
    get: (channelId) => entries.get(channelId)?.feed,
    *all() {
      for (const { feed } of entries.values()) yield feed;
    },
    sweep: () => closeUnread(clock.monotonic() - LINGER_MS),
  };
}
