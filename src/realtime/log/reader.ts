// A reader: one connection in one log, either live at the feed's head or catching up from its cursor.
import type { PresentUser, TokenClaims } from '../../chat/accounts/principal.ts';
import type { FeedKey } from '../../chat/log/key.ts';
import type { Outbox } from '../connections/outbox.ts';
import { outgoing } from '../connections/outgoing.ts';
import type { FeedEvent } from './feed-event.ts';

/** What a reader needs to know of its connection. */
export interface ReaderOwner {
  /** Unique in the cluster. */
  readonly id: string;
  readonly outbox: Outbox;
  /** The connection's user. */
  readonly user: PresentUser;
  /** The connection's token. */
  readonly token: TokenClaims | undefined;
  /** Its readers, by the name of their log. */
  readonly readers: Map<string, Reader>;
  /** Whether the log may be read on from `cursor` now. If not, ask again a moment later. */
  mayRead(log: string, cursor: number): boolean;
  /** Says that the log was read for the connection up to this number. */
  noteRead(log: string, upTo: number): void;
  /** Starts the catch-up of its readers that are behind. */
  catchUp(): void;
  /** Closes the connection with one of the protocol's close codes. */
  close(code: number, reason: string): void;
}

/** A page of the log, ready to be sent; see LogPage. */
export interface EventPage {
  readonly events: readonly FeedEvent[];
  readonly upTo: number;
  readonly head: number;
  readonly accessVersion: number;
}

/** What readers and catch-ups use of a feed; feed.ts says what its parts mean. */
export interface ReadFeed {
  readonly key: FeedKey;
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
  /** Resolves when everything that was pushed in this turn of the event loop was written. */
  turnEnd(): Promise<void>;
}

export class Reader {
  readonly owner: ReaderOwner;
  readonly feed: ReadFeed;
  /** Whether the others see the user as live in the channel. */
  isShown: boolean;
  /** How many readers the feed had ever had when this one came, itself included. */
  readonly arrival: number;
  /** The connection has everything up to this number. A live reader keeps the number at which it went live. */
  cursor: number;
  /** Where the current catch-up began: messages stored after it are new to the client. */
  since: number;
  /** The log's last number in the latest answer to the client. The reader gets no state from before it. */
  target: number;
  /** True while the feed hands new events to this reader. */
  live = false;
  /** Rises with each restart, so that a page that was read before it is not used. */
  generation = 0;
  private delivered: DeliveredSet | undefined;

  constructor(owner: ReaderOwner, feed: ReadFeed, cursor: number, target: number, isShown = true) {
    this.owner = owner;
    this.isShown = isShown;
    this.feed = feed;
    feed.arrivals += 1;
    this.arrival = feed.arrivals;
    this.cursor = cursor;
    this.since = cursor;
    this.target = target;
  }

  /** Starts over from `cursor`. The log is known to have come to `target`. */
  restart(cursor: number, target: number): void {
    this.target = target;
    this.fallBehind(cursor);
    this.delivered = undefined;
    this.owner.catchUp();
  }

  /** The peer's socket is full. Reads on from `cursor` once it has drained. */
  fallBehind(cursor: number): void {
    this.live = false;
    this.cursor = cursor;
    this.since = cursor;
    this.generation += 1;
  }

  /** The connection has everything up to `cursor`, which is at the feed's head or beyond it. */
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
   * Whether this catch-up sends the message stored under `storedSeq` for the first time. A message that was sent may
   * change again between two pages. Call it once per frame.
   */
  firstSight(storedSeq: number): boolean {
    if (storedSeq <= this.since) return false;
    this.delivered ??= new DeliveredSet(this.since);
    return this.delivered.add(storedSeq);
  }
}

/** A set of numbers above `base`, with one bit each. */
class DeliveredSet {
  private readonly base: number;
  private bits = new Uint8Array(64);

  constructor(base: number) {
    this.base = base;
  }

  /** Returns false if `seq` was in the set already. */
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
