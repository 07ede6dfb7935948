// Catch-up: brings readers that are behind to the head of their logs. Reads the feed's recent events if they reach back
// far enough, otherwise page by page from the database, no faster than the peer reads.

import { catchUpFrame, type FeedEvent } from './feed-event.ts';
import { Reader, type ReaderOwner, type ReadFeed } from './reader.ts';

/**
 * Catches one reader up. Ends when the reader is live, was restarted or is gone, or when its connection is full (call
 * again when it has drained). Resolves to false if the reader may not read on yet: call again a moment later. Rejects
 * if the database is away.
 */
export async function catchUp(reader: Reader, gone: () => boolean): Promise<boolean> {
  const { generation, feed, owner } = reader;
  const stopped = () => gone() || reader.live || reader.generation !== generation || owner.outbox.lagging;
  while (!stopped()) {
    await feed.whenSettled();
    if (stopped() || tryGoLive(reader)) return true;
    if (!owner.mayRead(feed.name, reader.cursor)) return false;
    const page = await feed.pageAfter(reader.cursor, reader.target);
    // Noted even if the client wants another page by now. Otherwise it could make the node read as often as it liked.
    if (!owner.outbox.lagging) owner.noteRead(feed.name, page.upTo);
    feed.noteHead(page.head, page.accessVersion);
    // Somebody may have lost access meanwhile. Nothing is sent before that is known.
    await feed.whenSettled();
    if (stopped()) return true;
    sendEvents(reader, page.events);
    reader.cursor = page.upTo;
    // The frames leave at the end of the turn. Only then it is known whether the peer keeps up.
    await feed.turnEnd();
  }
  return true;
}

/** Makes a connection read the feed's log after `cursor`. The log is known to have come to `target`. */
export function attachReader(
  owner: ReaderOwner,
  feed: ReadFeed,
  cursor: number,
  target: number,
  isShown = true,
): Reader {
  const reader = new Reader(owner, feed, cursor, target, isShown);
  owner.readers.set(feed.name, reader);
  feed.readers.add(reader);
  if (!tryGoLive(reader)) owner.catchUp();
  return reader;
}

/** Makes a connection stop reading a log. `now` is in monotonic milliseconds. */
export function detachReader(reader: Reader, now: number): void {
  const { feed, owner } = reader;
  feed.readers.delete(reader);
  owner.readers.delete(feed.name);
  reader.generation += 1;
  reader.live = false;
  if (feed.readers.size === 0) feed.usedAt = now;
}

/** Makes the reader live if recent events are enough for that and its connection is not full. Returns if it did. */
export function tryGoLive(reader: Reader): boolean {
  const { feed, owner } = reader;
  if (!feed.settled || owner.outbox.lagging) return false;
  // Events that have not reached this node yet may replace the recent ones.
  if (reader.cursor < reader.target && feed.head < reader.target) return false;
  if (reader.cursor < feed.head) {
    const events = feed.recent.after(reader.cursor);
    if (!events) return false;
    sendEvents(reader, lastOfEach(events));
    owner.noteRead(feed.name, feed.head);
  }
  reader.goLive(Math.max(reader.cursor, feed.head));
  return true;
}

function sendEvents(reader: Reader, events: readonly FeedEvent[]): void {
  const { name } = reader.feed;
  reader.send(
    events.map((event) => {
      const since = reader.firstSight(event.storedSeq) ? reader.since : event.storedSeq;
      return catchUpFrame(name, event, since);
    }),
  );
}

/** Keeps only the last event of each message, which has its present state. */
function lastOfEach(events: readonly FeedEvent[]): readonly FeedEvent[] {
  const last = new Map(events.map((event) => [event.messageId, event.seq]));
  return last.size === events.length ? events : events.filter((event) => last.get(event.messageId) === event.seq);
}
