// One log on this node, while it has readers here: hands out its events in order, each once, and fills holes from the
// database. Whoever knows of an event tells the feed; what it is told in wrong order waits until its turn has come.
import type { Cancel, Clock } from '../../backends/clock/clock.ts';
import { type LogKey, logName } from '../../chat/log/key.ts';
import type { LogPage } from '../../chat/log/log.ts';
import type { Logger } from '../../lib/logger.ts';
import type { EventPublication } from '../cluster/publication.ts';
import type { FlushScheduler } from '../connections/flush-scheduler.ts';
import { type Outgoing, outgoing } from '../connections/outgoing.ts';
import { eventFrame, type FeedEvent, knownUpTo, lengthOf, stateEvent } from './feed-event.ts';
import type { EventPage, Reader, ReadFeed } from './reader.ts';
import { RecentEvents, type RecentEventsBudget } from './recent-events.ts';

/** A publication on its way is waited for this long before its event is read from the database. */
const HOLE_GRACE_MS = 15;
const RETRY_MS = 1_000;
/** Events that came before their turn; more are forgotten and read from the database. */
const MAX_HELD = 1024;

export interface FeedContext {
  readonly scheduler: FlushScheduler;
  readonly clock: Clock;
  readonly budget: RecentEventsBudget;
  readonly logger: Logger;
  /** One page of the log after a number. Bounded in rows, and in reads at once over all feeds. */
  readonly readPage: (key: LogKey, after: number) => Promise<LogPage>;
  /** Takes readers out that lost access, by what the database says now. */
  readonly checkReaders: (feed: Feed) => Promise<void>;
  /** Is told of each event that a feed hands out. */
  readonly handedOut: (log: string, event: FeedEvent) => void;
}

/** A read of the database under way; it sees at least what was known of the log when it began. */
interface PageRead {
  readonly page: Promise<EventPage>;
  readonly knownHead: number;
}

export class Feed implements ReadFeed {
  readonly key: LogKey;
  readonly name: string;
  readonly readers = new Set<Reader>();
  /** Readers that ever came. */
  arrivals = 0;
  readonly recent: RecentEvents;
  /** The last number handed out; -1 before `begin`. */
  head = -1;
  /** Readers were checked when the log had this version. */
  accessVersion = 0;
  /** False before `begin`, and while readers are being checked: nothing is handed out then. */
  settled = false;
  /** Grows when somebody was taken out, so that a join that was looked up before is looked up again. */
  removals = 0;
  /** When it last had an event for a reader, or lost its last reader: the clock's monotonic milliseconds. */
  usedAt: number;
  private readonly context: FeedContext;
  private readonly held = new Map<number, FeedEvent>();
  private readonly pages = new Map<number, PageRead>();
  private pending: FeedEvent[] = [];
  /** The last number that was handed out before those pending: lower than the first of them less one after a hole. */
  private pendingAfter = 0;
  /** The highest number that is known to be taken. */
  private expected = 0;
  private wantedVersion = 0;
  /** The database's last number, if something was told of beyond it when it was read: the next read decides. */
  private doubted: number | undefined;
  private filling = false;
  /** How long to wait before the next read of what is missing. */
  private holeDelay = HOLE_GRACE_MS;
  private checking = false;
  private closed = false;
  private cancelFill: Cancel | undefined;
  private settledWaiters: Array<() => void> = [];

  constructor(key: LogKey, context: FeedContext) {
    this.key = key;
    this.name = logName(key);
    this.context = context;
    this.recent = new RecentEvents(0, context.budget);
    this.usedAt = context.clock.monotonic();
  }

  /** Starts at number `head`, as the database has it; where it runs already, that is one more thing it is told. */
  begin(head: number, accessVersion: number): void {
    if (this.head >= 0) return this.noteHead(head, accessVersion);
    this.head = head;
    this.recent.clear(head);
    this.accessVersion = accessVersion;
    this.settle();
  }

  /** New events of the log, ascending, from this node's own commits or from a publication. */
  receive(events: readonly FeedEvent[], accessVersion: number): void {
    this.noteVersion(accessVersion);
    for (const event of events) {
      if (event.seq <= this.head) continue;
      if (this.settled && event.seq === this.head + 1) this.handOut(event);
      else if (!this.hold(event)) this.expected = Math.max(this.expected, event.seq);
    }
    this.advance();
  }

  /** What another node says of the log: its events, or if they are not understood here, that there are some. */
  hear({ events, head, accessVersion }: Omit<EventPublication, 'origin' | 'log'>): void {
    if (events.length > 0) this.receive(events, accessVersion);
    else if (this.head >= 0) this.noteHead(head, accessVersion);
    else this.expected = Math.max(this.expected, head);
  }

  /** The log was seen to have come to number `head`. */
  noteHead(head: number, accessVersion: number): void {
    this.expected = Math.max(this.expected, head);
    this.noteVersion(accessVersion);
    this.advance();
  }

  /**
   * Events after `cursor` from the database, in a state that number `target` or a later one led to; `target` is known to
   * be taken. All who ask for the same at the same time share one read, but for one that may have begun before `target`.
   */
  pageAfter(cursor: number, target: number): Promise<EventPage> {
    const running = this.pages.get(cursor);
    if (running && running.knownHead >= target) return running.page;
    const read: PageRead = { page: this.readPage(cursor), knownHead: Math.max(this.head, this.expected, target) };
    const forget = () => {
      if (this.pages.get(cursor) === read) this.pages.delete(cursor);
    };
    this.pages.set(cursor, read);
    read.page.then(forget, forget);
    return read.page;
  }

  /** Resolves at once, or when what keeps it from handing out is over, or when it is closed. */
  whenSettled(): Promise<void> {
    return this.settled || this.closed
      ? Promise.resolve()
      : new Promise((resolve) => this.settledWaiters.push(resolve));
  }

  /** The highest access version that the log is known to have come to. */
  knownVersion(): number {
    return Math.max(this.accessVersion, this.wantedVersion);
  }

  /** Resolves when what was pushed in this turn has been written. */
  turnEnd(): Promise<void> {
    return new Promise((resolve) => this.context.scheduler.outbox({ flush: resolve }));
  }

  /** Hands what this turn brought to all live readers: one encoding, one push each. */
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

  /** Nothing waits to be handed out or caught up with: whoever is put in its place at `head` loses nothing. */
  isQuiet(): boolean {
    return this.settled && !this.behind() && this.pending.length === 0 && [...this.readers].every(isLive);
  }

  close(): void {
    this.closed = true;
    this.settled = false;
    this.cancelFill?.();
    this.recent.clear(0);
    for (const event of this.held.values()) this.letGo(event);
    // Whoever still waits is to see that it is closed.
    this.wakeWaiters();
  }

  /** Keeps an event until its turn has come. Gives false if there is no room, here or in the node's budget. */
  private hold(event: FeedEvent): boolean {
    const { budget } = this.context;
    if (this.held.has(event.seq)) return true;
    if (this.closed || this.held.size >= MAX_HELD || budget.used + lengthOf(event) > budget.max) return false;
    this.held.set(event.seq, event);
    budget.used += lengthOf(event);
    return true;
  }

  private letGo(event: FeedEvent): void {
    this.held.delete(event.seq);
    this.context.budget.used -= lengthOf(event);
  }

  private newerThan(events: readonly FeedEvent[], cursor: number): Outgoing {
    const newer = events.filter((event) => event.seq > cursor);
    // A hole may have brought a message as new that was stored before the cursor.
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

  /** Hands out what has come to its turn; what is missing before the rest is fetched after a moment. */
  private advance(): void {
    if (!this.settled) return;
    while (this.held.size > 0) {
      const next = this.held.get(this.head + 1);
      if (!next) break;
      this.letGo(next);
      this.handOut(next);
    }
    if (this.behind()) this.fillAfter(HOLE_GRACE_MS);
  }

  /** Events are known of that were not handed out yet. */
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
    // Without gain: the database is away, or the read was one that began before what is missing was stored.
    this.holeDelay = this.head > before ? HOLE_GRACE_MS : Math.min(RETRY_MS, this.holeDelay * 2);
    this.filling = false;
    if (this.settled && this.behind()) this.fillAfter(this.holeDelay);
  }

  /** Hands out what the database has after the head; numbers that it lacks were replaced by later ones. */
  private takePage(page: EventPage): void {
    const { head } = this;
    const news = page.events.filter(({ seq }) => seq > head);
    // A number that the page lacks changed a message, whose state in `recent` is older: the recent events begin anew.
    if (page.upTo - head > news.length) this.recent.clear(head);
    for (const event of news) this.handOut(knownUpTo(event, head));
    this.head = Math.max(this.head, page.upTo);
    this.expected = Math.max(this.expected, page.head);
    for (const event of this.held.values()) if (event.seq <= this.head) this.letGo(event);
    this.dropUnfounded(page.head);
    this.advance();
  }

  /**
   * Forgets what was told of numbers that the log does not have. The first read may have begun before they were taken; one
   * that begins after it and does not see them either says that they never were.
   */
  private dropUnfounded(head: number): void {
    const isBeyond = this.expected > head || [...this.held.keys()].some((seq) => seq > head);
    if (isBeyond && this.doubted === head && this.head === head) {
      for (const event of this.held.values()) this.letGo(event);
      this.expected = head;
    }
    this.doubted = isBeyond ? head : undefined;
  }

  private async readPage(after: number): Promise<EventPage> {
    const { messages, upTo, head, accessVersion } = await this.context.readPage(this.key, after);
    return { events: messages.map((message) => stateEvent(message, after)), upTo, head, accessVersion };
  }

  /** Somebody may have lost access: nothing more is handed out before the readers are checked. */
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
      // What was handed out before the change goes to those who had access then.
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
    this.wakeWaiters();
    this.advance();
  }

  private wakeWaiters(): void {
    const waiters = this.settledWaiters;
    this.settledWaiters = [];
    for (const wake of waiters) wake();
  }
}

function isLive(reader: Reader): boolean {
  return reader.live;
}
