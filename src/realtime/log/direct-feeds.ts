// The feeds of direct messages on this node. Each connected user's entry knows how far its logs had come when it was
// opened. A pair's feed exists from its first event on. So a lost publication shows as a hole, like in a channel.
import type { Broker, Unsubscribe } from '../../backends/broker/broker.ts';
import type { Clock } from '../../backends/clock/clock.ts';
import { logName, otherOf, type PairKey, pairNamed } from '../../chat/log/key.ts';
import type { LogHead } from '../../chat/log/read.ts';
import { limitReached } from '../../protocol/errors.ts';
import { decodePublication, type PublishedSignal } from '../cluster/publication.ts';
import { userTopic } from '../cluster/topics.ts';
import { attachReader, detachReader } from './catch-up.ts';
import { Feed, type FeedContext } from './feed.ts';
import { makeRoom } from './make-room.ts';
import type { ReaderOwner } from './reader.ts';

/** A pair's feed without events for this long is retired: its head goes back into its users' entries. */
const IDLE_MS = 10 * 60_000;
/** The most feeds of one user's pairs, and of a node. For one more, a quiet one is retired before its time. */
const MAX_OF_USER = 1_000;
const MAX_FEEDS = 100_000;
/** Shared by all loaded entries, so that none keeps a promise of its own. */
const READY = Promise.resolve();
const NONE: Set<Feed> = new Set();
const TOO_MANY_PAIRS = 'Too many direct conversations are being read on: wait until some of them are up to date';

/** The entry of one user who is connected to this node. */
interface UserFeeds {
  readonly userId: number;
  readonly owners: Set<ReaderOwner>;
  /** For pairs without a feed: how far the log with each other user had come. Most users have none. */
  heads: Map<number, number> | undefined;
  readonly unsubscribe: Unsubscribe;
  /** Resolves when new direct messages reach this node and `heads` is filled. */
  ready: Promise<void>;
  loaded: boolean;
}

export interface DirectFeeds {
  /**
   * Adds a connection of a user. `announced` resolves when other nodes know of it. Resolves after that, when the
   * connection gets every new direct message. Rejects if the database does.
   */
  connect(owner: ReaderOwner, announced: Promise<void>): Promise<void>;
  disconnect(owner: ReaderOwner): void;
  /** The pair's feed, if one of the two is connected here. Opens it if needed. */
  feed(key: PairKey): Feed | undefined;
  /** The same on request of a user. Throws LIMIT_REACHED if there are too many feeds and none of them is quiet. */
  join(key: PairKey, userId: number): Feed | undefined;
  /** Says that the log of a pair has come to `head`. */
  noteHead(head: LogHead & { readonly key: PairKey }): void;
  owners(userId: number): Iterable<ReaderOwner>;
  userIds(): number[];
  sweep(): void;
}

export function createDirectFeeds(deps: {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly nodeId: string;
  readonly context: FeedContext;
  /** The heads of all direct logs of one user. Calls made at the same time share a statement. */
  readonly readHeads: (userId: number) => Promise<readonly LogHead[]>;
  /** Another node has published a signal for the other user of a pair, or for one user. */
  readonly onSignal: (signal: PublishedSignal) => void;
}): DirectFeeds {
  const { broker, clock, nodeId, context, onSignal } = deps;
  const directFeeds = new Map<number, UserFeeds>();
  const feeds = new Map<string, Feed>();
  const all = new Set<Feed>();
  const feedsOfUser = new Map<number, Set<Feed>>();

  async function connect(owner: ReaderOwner, announced: Promise<void>): Promise<void> {
    const userFeeds = directFeeds.get(owner.user.id) ?? open(owner.user.id, announced);
    const fresh = !userFeeds.loaded;
    userFeeds.owners.add(owner);
    await userFeeds.ready;
    if (!userFeeds.owners.has(owner)) return;
    for (const feed of feedsOfUser.get(owner.user.id) ?? []) {
      if (feed.head >= 0 && !owner.readers.has(feed.name)) {
        const cursor = fresh ? baseline(userFeeds, feed) : feed.head;
        attachReader(owner, feed, cursor, cursor);
      }
    }
  }

  function open(userId: number, announced: Promise<void>): UserFeeds {
    const { ready, unsubscribe } = broker.subscribe(userTopic(userId), receive);
    const userFeeds: UserFeeds = {
      userId,
      owners: new Set(),
      heads: undefined,
      unsubscribe,
      ready,
      loaded: false,
    };
    directFeeds.set(userId, userFeeds);
    userFeeds.ready = load(userFeeds, ready, announced);
    // Each connection awaits it. A failure that none awaits any more does not matter.
    userFeeds.ready.catch(() => {});
    return userFeeds;
  }

  async function load(userFeeds: UserFeeds, subscribed: Promise<void>, announced: Promise<void>): Promise<void> {
    await subscribed;
    await announced;
    try {
      for (const { key, head } of await deps.readHeads(userFeeds.userId)) setHead(userFeeds, key as PairKey, head);
      userFeeds.loaded = true;
      userFeeds.ready = READY;
    } catch (error) {
      remove(userFeeds);
      throw error;
    }
  }

  function disconnect(owner: ReaderOwner): void {
    const userFeeds = directFeeds.get(owner.user.id);
    if (!userFeeds?.owners.delete(owner) || userFeeds.owners.size > 0) return;
    remove(userFeeds);
  }

  function remove(userFeeds: UserFeeds): void {
    if (directFeeds.get(userFeeds.userId) !== userFeeds) return;
    directFeeds.delete(userFeeds.userId);
    userFeeds.unsubscribe();
    for (const feed of feedsOfUser.get(userFeeds.userId) ?? []) {
      const other = otherOf(feed.key as PairKey, userFeeds.userId);
      if (!directFeeds.has(other)) close(feed);
    }
  }

  /** One function for all users: a pair has no feed if neither user is connected here. */
  function receive(payload: string): void {
    const publication = decodePublication(payload, nodeId);
    if (!publication) return;
    if (!('events' in publication)) return onSignal(publication);
    const key = pairNamed(publication.log);
    if (key) feed(key)?.receivePublication(publication);
  }

  function feed(key: PairKey): Feed | undefined {
    const known = feeds.get(logName(key));
    if (known) return known;
    const present = presentUsers(key);
    if (present.length === 0) return undefined;
    for (const userId of [key.userLow, key.userHigh]) hasRoom(userId);
    const made = new Feed(key, context);
    feeds.set(made.name, made);
    all.add(made);
    for (const userId of new Set([key.userLow, key.userHigh])) {
      const ofUser = feedsOfUser.get(userId);
      if (ofUser) ofUser.add(made);
      else feedsOfUser.set(userId, new Set([made]));
    }
    if (present.every((userFeeds) => userFeeds.loaded)) begin(made);
    else void Promise.allSettled(present.map((userFeeds) => userFeeds.ready)).then(() => begin(made));
    return made;
  }

  function join(key: PairKey, userId: number): Feed | undefined {
    if (!feeds.has(logName(key)) && !hasRoom(userId)) throw limitReached('directs', TOO_MANY_PAIRS);
    return feed(key);
  }

  /** Whether one more feed of the user may be opened. Retires a quiet one for it if needed. */
  function hasRoom(userId: number): boolean {
    return makeRoom(feedsOfUser.get(userId) ?? NONE, MAX_OF_USER, retire) && makeRoom(all, MAX_FEEDS, retire);
  }

  /** The feed starts at the lower head of its two users, and every connection at its own user's. */
  function begin(made: Feed): void {
    if (feeds.get(made.name) !== made) return;
    // An entry that is not loaded yet attaches its connections when it is.
    const present = presentUsers(made.key as PairKey).filter((userFeeds) => userFeeds.loaded);
    if (present.length === 0) return close(made);
    made.begin(Math.min(...present.map((userFeeds) => baseline(userFeeds, made))), 0);
    for (const userFeeds of present) {
      for (const owner of userFeeds.owners) {
        const cursor = baseline(userFeeds, made);
        if (!owner.readers.has(made.name)) attachReader(owner, made, cursor, cursor);
      }
    }
  }

  function presentUsers(key: PairKey): UserFeeds[] {
    const both = key.userLow === key.userHigh ? [key.userLow] : [key.userLow, key.userHigh];
    return both.map((userId) => directFeeds.get(userId)).filter((userFeeds) => userFeeds !== undefined);
  }

  function close(gone: Feed): void {
    const key = gone.key as PairKey;
    const now = clock.monotonic();
    for (const reader of [...gone.readers]) detachReader(reader, now);
    feeds.delete(gone.name);
    all.delete(gone);
    for (const userId of [key.userLow, key.userHigh]) {
      const ofUser = feedsOfUser.get(userId);
      if (ofUser?.delete(gone) && ofUser.size === 0) feedsOfUser.delete(userId);
    }
    gone.close();
  }

  function noteHead({ key, head, accessVersion }: LogHead & { readonly key: PairKey }): void {
    const known = feeds.get(logName(key));
    if (known) return known.noteHead(head, accessVersion);
    const unknown = presentUsers(key).some(
      (userFeeds) => userFeeds.loaded && (userFeeds.heads?.get(otherOf(key, userFeeds.userId)) ?? 0) < head,
    );
    if (unknown) feed(key)?.noteHead(head, accessVersion);
  }

  function sweep(): void {
    const before = clock.monotonic() - IDLE_MS;
    for (const idle of [...feeds.values()]) {
      // A feed that is behind has a lower head than its readers may have: they would get those events again.
      if (idle.usedAt < before && idle.isQuiet()) retire(idle);
    }
  }

  function retire(quiet: Feed): void {
    for (const userFeeds of presentUsers(quiet.key as PairKey)) setHead(userFeeds, quiet.key as PairKey, quiet.head);
    close(quiet);
  }

  return {
    connect,
    disconnect,
    feed,
    join,
    noteHead,
    owners: (userId) => directFeeds.get(userId)?.owners ?? [],
    userIds: () =>
      [...directFeeds.values()].filter((userFeeds) => userFeeds.loaded).map((userFeeds) => userFeeds.userId),
    sweep,
  };
}

/** Stores nothing for a pair that never wrote, because any user may ask for the pair with any other. */
function setHead(userFeeds: UserFeeds, key: PairKey, head: number): void {
  if (head === 0) return;
  userFeeds.heads ??= new Map();
  userFeeds.heads.set(otherOf(key, userFeeds.userId), head);
}

function baseline(userFeeds: UserFeeds, feed: Feed): number {
  return userFeeds.heads?.get(otherOf(feed.key as PairKey, userFeeds.userId)) ?? 0;
}
