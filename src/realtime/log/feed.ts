// The feed of one log on this node: hands out its events to readers in order, each once, and fills holes from the
// database. Events that arrive out of order are held until their turn.
import type { Cancel, Clock } from '../../backends/clock/clock.ts';
import { type FeedKey, logName } from '../../chat/log/key.ts';
import type { LogPage } from '../../chat/log/log.ts';
import type { Logger } from '../../lib/logger.ts';
import type { EventPublication } from '../cluster/publication.ts';
import type { FlushScheduler } from '../connections/flush-scheduler.ts';
import { type Outgoing, outgoing } from '../connections/outgoing.ts';
import { eventFrame, type FeedEvent, knownUpTo, lengthOf, objectEvent, stateEvent } from './feed-event.ts';
import type { EventPage, Reader, ReadFeed } from './reader.ts';
import { RecentEvents, type RecentEventsBudget } from './recent-events.ts';

/** How long a feed waits for a late publication before it reads the event from the database. */
const HOLE_GRACE_MS = 15;
const RETRY_MS = 1_000;
/** The most events that are held until their turn. Further ones are dropped and read from the database. */
const MAX_HELD = 1024;

export interface FeedContext {
  readonly scheduler: FlushScheduler;
  readonly clock: Clock;
  readonly budget: RecentEventsBudget;
  readonly logger: Logger;
  /** One page of the log after a number. Bounded in rows, and in reads at once over all feeds. */
  readonly readPage: (key: FeedKey, after: number) => Promise<LogPage>;
  /** Takes out the readers that have no access any more, according to the database. */
  readonly checkReaders: (feed: Feed) => Promise<void>;
  /** Called for each event that a feed hands out. */
  readonly handedOut: (log: string, event: FeedEvent) => void;
}

/** A read of the database that is under way. It sees at least the head that was known when it began. */
interface PageRead {
  readonly page: Promise<EventPage>;
  readonly knownHead: number;
}

export class Feed implements ReadFeed {
  readonly key: FeedKey;
  readonly name: string;
  readonly readers = new Set<Reader>();
  /** How many readers have ever come. */
  arrivals = 0;
  readonly recent: RecentEvents;
  /** The last number handed out; -1 before `begin`. */
  head = -1;
  /** The access version of the log at which readers were last checked. */
  accessVersion = 0;
  /** False before `begin` and while readers are being checked. Nothing is handed out then. */
  settled = false;
  /** Somebody wants to know how far it comes, without reading it. */
  isWatched = false;
  /** Rises when somebody is taken out, so that a join that was looked up before that is looked up again. */
  removals = 0;
  /** When it last had an event for a reader, or lost its last reader: monotonic milliseconds. */
  usedAt: number;
  private readonly context: FeedContext;
  private readonly held = new Map<number, FeedEvent>();
  private readonly pages = new Map<number, PageRead>();
  private pending: FeedEvent[] = [];
  /** The last number that was handed out before the pending events. Numbers may be missing between them. */
  private pendingAfter = 0;
  /** The highest number that the log is known to have. */
  private expected = 0;
  private wantedVersion = 0;
  /** The database's head at a read, if an event beyond it was announced. The next read decides about that event. */
  private unconfirmedAfter: number | undefined;
  private filling = false;
  /** How long to wait before the next read of missing events. */
  private holeDelay = HOLE_GRACE_MS;
  private checking = false;
  private closed = false;
  private cancelFill: Cancel | undefined;
  private settledWaiters: Array<() => void> = [];

  constructor(key: FeedKey, context: FeedContext) {
    this.key = key;
    this.name = logName(key);
    this.context = context;
    this.recent = new RecentEvents(0, context.budget);
    this.usedAt = context.clock.monotonic();
  }

  /** Starts the feed at number `head` of the database. If it runs already, this is like `noteHead`. */
  begin(head: number, accessVersion: number): void {
    if (this.head >= 0) return this.noteHead(head, accessVersion);
    this.head = head;
    this.recent.clear(head);
    this.accessVersion = accessVersion;
    this.settle();
  }

  /** Takes new events of the log, ascending, from this node's own commits or from a publication. */
  receive(events: readonly FeedEvent[], accessVersion: number): void {
    this.noteVersion(accessVersion);
    for (const event of events) {
      if (event.seq <= this.head) continue;
      if (this.settled && event.seq === this.head + 1) this.handOut(event);
      else if (!this.hold(event)) this.expected = Math.max(this.expected, event.seq);
    }
    this.advance();
  }

  /** Takes a publication of another node: its events, or if this node does not understand them, only the head. */
  receivePublication({ events, head, accessVersion }: Omit<EventPublication, 'origin' | 'log'>): void {
    if (events.length > 0) this.receive(events, accessVersion);
    else if (this.head >= 0) this.noteHead(head, accessVersion);
    else this.expected = Math.max(this.expected, head);
  }

  /** Says that the log has come to number `head`. */
  noteHead(head: number, accessVersion: number): void {
    this.expected = Math.max(this.expected, head);
    this.noteVersion(accessVersion);
    this.advance();
  }

  /**
   * Reads events after `cursor` from the database, in their state at number `target` or later. Callers that need the
   * same at the same time share one read, unless that read may have begun before `target` was stored.
   */
  pageAfter(cursor: number, target: number): Promise<EventPage> {
    const running = this.pages.get(cursor);
    if (running && running.knownHead >= target) return running.page;
    const read: PageRead = { page: this.readPage(cursor), knownHead: Math.max(this.head, this.expected, target) };
    const remove = () => {
      if (this.pages.get(cursor) === read) this.pages.delete(cursor);
    };
    this.pages.set(cursor, read);
    read.page.then(remove, remove);
    return read.page;
  }

  /** Resolves when the feed can hand out events, or is closed. */
  whenSettled(): Promise<void> {
    return this.settled || this.closed
      ? Promise.resolve()
      : new Promise((resolve) => this.settledWaiters.push(resolve));
  }

  /** The highest known access version of the log. */
  knownVersion(): number {
    return Math.max(this.accessVersion, this.wantedVersion);
  }

  /** Resolves when everything that was pushed in this turn was written. */
  turnEnd(): Promise<void> {
    return new Promise((resolve) => this.context.scheduler.outbox({ flush: resolve }));
  }

  /** Hands the events of this turn to all live readers: encodes them once, and pushes once to each. */
  flush(): void {
    const events = this.pending;
    this.pending = [];
    const last = events.at(-1)?.seq;
    if (last === undefined || this.readers.size === 0) return;
    this.usedAt = this.context.clock.monotonic();
    const all = outgoing(events.map((event) => eventFrame(this.name, event)));
    for (const reader of this.readers) {
      if (!reader.live || reader.cursor >= last) continue;
      const { outbox } = reader.owner;
      if (outbox.lagging) reader.fallBehind(Math.max(reader.cursor, this.pendingAfter));
      else outbox.push(reader.cursor <= this.pendingAfter ? all : this.newerThan(events, reader.cursor));
    }
  }

  /** Whether no event is pending and no reader is behind. Then a new feed that starts at `head` loses nothing. */
  isQuiet(): boolean {
    return this.settled && !this.behind() && this.pending.length === 0 && [...this.readers].every(isLive);
  }

  close(): void {
    this.closed = true;
    this.settled = false;
    this.cancelFill?.();
    this.recent.clear(0);
    for (const event of this.held.values()) this.unhold(event);
    // Those who still wait must see that it is closed.
    this.resolveWaiters();
  }

  /** Keeps an event until its turn. Returns false if there is no room, here or in the node's budget. */
  private hold(event: FeedEvent): boolean {
    const { budget } = this.context;
    if (this.held.has(event.seq)) return true;
    if (this.closed || this.held.size >= MAX_HELD || budget.used + lengthOf(event) > budget.max) return false;
    this.held.set(event.seq, event);
    budget.used += lengthOf(event);
    return true;
  }

  private unhold(event: FeedEvent): void {
    this.held.delete(event.seq);
    this.context.budget.used -= lengthOf(event);
  }

  private newerThan(events: readonly FeedEvent[], cursor: number): Outgoing {
    const newer = events.filter((event) => event.seq > cursor);
    // After a hole, a message may be marked as new although it was stored before the cursor.
    return outgoing(newer.map((event) => eventFrame(this.name, knownUpTo(event, cursor))));
  }

  private handOut(event: FeedEvent): void {
    if (this.pending.length === 0) {
      this.pendingAfter = this.head;
      this.context.scheduler.feed(this);
    }
    this.head = event.seq;
    this.recent.push(event);
    this.pending.push(event);
    this.context.handedOut(this.name, event);
  }

  /** Hands out the events whose turn it is. Fetches missing ones after a moment. */
  private advance(): void {
    if (!this.settled) return;
    while (this.held.size > 0) {
      const next = this.held.get(this.head + 1);
      if (!next) break;
      this.unhold(next);
      this.handOut(next);
    }
    if (this.behind()) this.fillAfter(HOLE_GRACE_MS);
  }

  /** Whether there are known events that were not handed out yet. */
  behind(): boolean {
    return this.held.size > 0 || this.expected > this.head;
  }

  private fillAfter(ms: number): void {
    if (this.filling || this.cancelFill || this.closed) return;
    this.cancelFill = this.context.clock.after(ms, () => {
      this.cancelFill = undefined;
      void this.fill();
    });
  }

  private async fill(): Promise<void> {
    if (!this.settled || !this.behind()) return;
    this.filling = true;
    const before = this.head;
    try {
      const page = await this.pageAfter(before, this.expected);
      this.noteVersion(page.accessVersion);
      if (this.settled) this.takePage(page);
    } catch (error) {
      this.context.logger.warn({ log: this.name, err: error }, 'Cannot read missing events: will try again');
    }
    // If nothing was gained, the database is away, or the read began before the missing events were stored.
    this.holeDelay = this.head > before ? HOLE_GRACE_MS : Math.min(RETRY_MS, this.holeDelay * 2);
    this.filling = false;
    if (this.settled && this.behind()) this.fillAfter(this.holeDelay);
  }

  /** Hands out what the database has after the head. Missing numbers were replaced by later ones. */
  private takePage(page: EventPage): void {
    const { head } = this;
    const newEvents = page.events.filter(({ seq }) => seq > head);
    // If the page lacks a number, `recent` may hold an older state of the message that it changed: so it is cleared.
    if (page.upTo - head > newEvents.length) this.recent.clear(head);
    for (const event of newEvents) this.handOut(knownUpTo(event, head));
    this.head = Math.max(this.head, page.upTo);
    this.expected = Math.max(this.expected, page.head);
    for (const event of this.held.values()) if (event.seq <= this.head) this.unhold(event);
    this.dropUnconfirmed(page.head);
    this.advance();
  }

  /**
   * Drops announced events that the log does not have. The first read may have begun before they were stored. If a
   * second read does not see them either, they never were.
   */
  private dropUnconfirmed(head: number): void {
    const isBeyond = this.expected > head || [...this.held.keys()].some((seq) => seq > head);
    if (isBeyond && this.unconfirmedAfter === head && this.head === head) {
      for (const event of this.held.values()) this.unhold(event);
      this.expected = head;
    }
    this.unconfirmedAfter = isBeyond ? head : undefined;
  }

  private async readPage(after: number): Promise<EventPage> {
    const page = await this.context.readPage(this.key, after);
    const { messages, objects = [], upTo, head, accessVersion } = page;
    const now = this.context.clock.now();
    const events = messages.map((message) => stateEvent(message, after));
    const others = objects.map((object) => objectEvent(object, now));
    return { events: [...events, ...others].sort((a, b) => a.seq - b.seq), upTo, head, accessVersion };
  }

  /** A higher version means that somebody lost access: nothing more is handed out before the readers are checked. */
  private noteVersion(accessVersion: number): void {
    if (this.head < 0 || accessVersion <= this.knownVersion()) return;
    this.wantedVersion = accessVersion;
    this.settled = false;
    void this.check();
  }

  private async check(): Promise<void> {
    if (this.checking || this.closed) return;
    this.checking = true;
    const version = this.wantedVersion;
    try {
      // Events handed out before the change go to those who had access then.
      this.flush();
      await this.context.checkReaders(this);
      this.accessVersion = version;
    } catch (error) {
      this.context.logger.warn({ log: this.name, err: error }, 'Cannot check who may read: delivery waits');
    }
    this.checking = false;
    if (this.closed) return;
    if (this.accessVersion === this.wantedVersion) this.settle();
    else this.context.clock.after(this.accessVersion === version ? 0 : RETRY_MS, () => void this.check());
  }

  private settle(): void {
    this.settled = true;
    this.resolveWaiters();
    this.advance();
  }

  private resolveWaiters(): void {
    const waiters = this.settledWaiters;
    this.settledWaiters = [];
    for (const resolve of waiters) resolve();
  }
}

function isLive(reader: Reader): boolean {
  return reader.live;
}
