// The feeds of channels that have, or lately had, readers on this node.
import type { Broker, Unsubscribe } from '../backends/broker/broker.ts';
import type { Clock } from '../backends/clock/clock.ts';
import { channelKey } from '../chat/log/key.ts';
import type { Comings } from './comings.ts';
import { Feed, type FeedContext } from './feed.ts';
import { decodePublication } from './publication.ts';
import { channelTopic } from './topics.ts';

/** A feed stays this long without readers: those of a cut network come back to its ring, not to the database. */
const LINGER_MS = 60_000;

export interface OpenFeed {
  readonly feed: Feed;
  /** Settles once publications of the log reach this node, or the broker is known to be away. */
  readonly subscribed: Promise<void>;
}

export interface ChannelFeeds {
  /** The channel's feed, opened where it is not. It is to be begun with what the database says after `subscribed`. */
  open(channelId: number): OpenFeed;
  /** The channel's feed where it is open. */
  get(channelId: number): Feed | undefined;
  all(): Iterable<Feed>;
  /** Closes feeds that nobody reads any more. */
  sweep(): void;
}

export function createChannelFeeds(deps: {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly nodeId: string;
  readonly context: FeedContext;
  readonly comings: Comings;
}): ChannelFeeds {
  const { broker, clock, nodeId, context, comings } = deps;
  const entries = new Map<number, OpenFeed & { readonly unsubscribe: Unsubscribe }>();

  function open(channelId: number): OpenFeed {
    const known = entries.get(channelId);
    if (known) return known;
    const feed = new Feed(channelKey(channelId), context);
    const { ready, unsubscribe } = broker.subscribe(channelTopic(channelId), (payload) => receive(feed, payload));
    const entry = { feed, subscribed: ready, unsubscribe };
    entries.set(channelId, entry);
    return entry;
  }

  function receive(feed: Feed, payload: string): void {
    const publication = decodePublication(payload, nodeId);
    if (!publication) return;
    if ('events' in publication) feed.receive(publication.events, publication.membersVersion);
    else comings.tell(feed, publication.frame, publication.exceptUserId);
  }

  function sweep(): void {
    const before = clock.now() - LINGER_MS;
    for (const [channelId, { feed, unsubscribe }] of entries) {
      if (feed.readers.size > 0 || feed.usedAt > before) continue;
      entries.delete(channelId);
      unsubscribe();
      feed.close();
    }
  }

  return {
    open,
    get: (channelId) => entries.get(channelId)?.feed,
    *all() {
      for (const { feed } of entries.values()) yield feed;
    },
    sweep,
  };
}
