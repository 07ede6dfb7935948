// Brings readers that are behind to the head of their logs: from the feed's recent events if they reach back far enough, else
// page by page from the database. Goes no faster than the peer reads.

import { catchUpFrame, type FeedEvent } from './feed-event.ts';
import { Reader, type ReaderOwner, type ReadFeed } from './reader.ts';

/**
 * Catches one reader up. Ends when it is live, started anew, its connection full (call again when it has drained), or
 * gone. Resolves with false if it may not read on yet: call again a moment later. Rejects where the database is away.
 */
export async function catchUp(reader: Reader, gone: () => boolean): Promise<boolean> {
  const { generation, feed, owner } = reader;
  const stopped = () => gone() || reader.live || reader.generation !== generation || owner.outbox.lagging;
  while (!stopped()) {
    await feed.whenSettled();
    if (stopped() || tryGoLive(reader)) return true;
    if (!owner.mayRead(feed.name, reader.cursor)) return false;
    const page = await feed.pageAfter(reader.cursor, reader.target);
    // Also if the client wants another page by now: it would be read for nothing as often as it liked.
    if (!owner.outbox.lagging) owner.noteRead(feed.name, page.upTo);
    feed.noteHead(page.head, page.accessVersion);
    // Somebody may have lost access since: nothing is sent before that is known.
    await feed.whenSettled();
    if (stopped()) return true;
    sendEvents(reader, page.events);
    reader.cursor = page.upTo;
    // The frames leave at the end of the turn; only then is it known whether the peer keeps up.
    await feed.turnEnd();
  }
  return true;
}

/** Lets a connection read the feed's log from `cursor` on; the log is known to have come to `target`. */
export function attachReader(owner: ReaderOwner, feed: ReadFeed, cursor: number, target: number): Reader {
  const reader = new Reader(owner, feed, cursor, target);
  owner.readers.set(feed.name, reader);
  feed.readers.add(reader);
  if (!tryGoLive(reader)) owner.catchUp();
  return reader;
}

/** Ends a connection's reading of a log. `now`: the clock's monotonic milliseconds. */
export function detachReader(reader: Reader, now: number): void {
  const { feed, owner } = reader;
  feed.readers.delete(reader);
  owner.readers.delete(feed.name);
  reader.generation += 1;
  reader.live = false;
  if (feed.readers.size === 0) feed.usedAt = now;
}

/** Makes the reader live if nothing but recent events is needed for it, and its connection is not full. */
export function tryGoLive(reader: Reader): boolean {
  const { feed, owner } = reader;
  if (!feed.settled || owner.outbox.lagging) return false;
  // What this node has not heard of yet may have changed its recent events, and what comes next.
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

/** Of several events of one message only the last, which has its present state. */
function lastOfEach(events: readonly FeedEvent[]): readonly FeedEvent[] {
  const last = new Map(events.map((event) => [event.messageId, event.seq]));
  return last.size === events.length ? events : events.filter((event) => last.get(event.messageId) === event.seq);
}
