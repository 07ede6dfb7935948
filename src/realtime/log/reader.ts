// One connection reading one log: a cursor that is either at the feed's head or catching up with it.
import type { PresentUser, TokenClaims } from '../../chat/accounts/principal.ts';
import type { LogKey } from '../../chat/log/key.ts';
import type { Outbox } from '../connections/outbox.ts';
import { outgoing } from '../connections/outgoing.ts';
import type { FeedEvent } from './feed-event.ts';

/** What a reader needs to know of its connection. */
export interface ReaderOwner {
  readonly outbox: Outbox;
  /** The user whom it belongs to. */
  readonly user: PresentUser;
  /** The token that it came by. */
  readonly token: TokenClaims | undefined;
  /** Its readers, by the name of their log. */
  readonly readers: Map<string, Reader>;
  /** Whether the log may be read on from `cursor` now; if not, that is to be asked again a moment later. */
  mayRead(log: string, cursor: number): boolean;
  /** Everything of the log up to this number was read for it. */
  noteRead(log: string, upTo: number): void;
  /** Makes the connection go on reading for its readers that are behind. */
  catchUp(): void;
  /** Closes it with one of the protocol's close codes. */
  close(code: number, reason: string): void;
}

/** A stretch of the log, ready to be sent; see LogPage. */
export interface EventPage {
  readonly events: readonly FeedEvent[];
  readonly upTo: number;
  readonly head: number;
  readonly accessVersion: number;
}

/** The feed, as its readers and their catching up use it; feed.ts says what its parts mean. */
export interface ReadFeed {
  readonly key: LogKey;
  /** The log's name. */
  readonly name: string;
  readonly readers: Set<Reader>;
  readonly recent: { after(seq: number): FeedEvent[] | undefined };
  readonly head: number;
  readonly settled: boolean;
  arrivals: number;
  usedAt: number;
  pageAfter(cursor: number, target: number): Promise<EventPage>;
  noteHead(head: number, accessVersion: number): void;
  whenSettled(): Promise<void>;
  /** Resolves once what this turn of the event loop has pushed was written. */
  turnEnd(): Promise<void>;
}

export class Reader {
  readonly owner: ReaderOwner;
  readonly feed: ReadFeed;
  /** The how many-th of the feed's readers it is. */
  readonly arrival: number;
  /** The connection has everything up to this number. Kept while behind; while live it is where live reading began. */
  cursor: number;
  /** Where the current catch-up began: messages stored after it are new to the client. */
  since: number;
  /** The log's last number when the client was last answered how far it goes: it gets no state from before that. */
  target: number;
  /** True while the feed hands events to this reader as they come. */
  live = false;
  /** Grows with each new start, so that a page read for an earlier one is not taken. */
  generation = 0;
  private delivered: DeliveredSet | undefined;

  constructor(owner: ReaderOwner, feed: ReadFeed, cursor: number, target: number) {
    this.owner = owner;
    this.feed = feed;
    feed.arrivals += 1;
    this.arrival = feed.arrivals;
    this.cursor = cursor;
    this.since = cursor;
    this.target = target;
  }

  /** Reads on from `cursor`, wherever it was; the log is known to have come to `target`. */
  restart(cursor: number, target: number): void {
    this.target = target;
    this.fallBehind(cursor);
    this.delivered = undefined;
    this.owner.catchUp();
  }

  /** The peer's socket is full: reads on from `cursor` once it has drained. */
  fallBehind(cursor: number): void {
    this.live = false;
    this.cursor = cursor;
    this.since = cursor;
    this.generation += 1;
  }

  /** The connection has everything up to `cursor`, and that is where the feed is, or beyond it. */
  goLive(cursor: number): void {
    this.cursor = cursor;
    this.delivered = undefined;
    this.live = true;
  }

  /** Sends frames of a catch-up. */
  send(texts: readonly string[]): void {
    if (texts.length > 0) this.owner.outbox.push(outgoing(texts));
  }

  /**
   * Whether a message stored under `storedSeq` is sent for the first time in this catch-up, to be asked once per frame:
   * between two pages a message that was sent may have changed again.
   */
  firstSight(storedSeq: number): boolean {
    if (storedSeq <= this.since) return false;
    this.delivered ??= new DeliveredSet(this.since);
    return this.delivered.add(storedSeq);
  }
}

/** The numbers above `base` that were added: one bit each. */
class DeliveredSet {
  private readonly base: number;
  private bits = new Uint8Array(64);

  constructor(base: number) {
    this.base = base;
  }

  /** False where `seq` was there already. */
  add(seq: number): boolean {
    const index = seq - this.base;
    const byte = index >> 3;
    const bit = 1 << (index & 7);
    if (byte >= this.bits.length) this.grow(byte);
    if (((this.bits[byte] as number) & bit) !== 0) return false;
    this.bits[byte] = (this.bits[byte] as number) | bit;
    return true;
  }

  private grow(byte: number): void {
    const larger = new Uint8Array(Math.max(byte + 1, this.bits.length * 2));
    larger.set(this.bits);
    this.bits = larger;
  }
}
