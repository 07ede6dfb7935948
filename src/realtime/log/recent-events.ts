// The recent events of a log, in memory. Most reconnecting readers need only these, and no database.
import { type FeedEvent, lengthOf } from './feed-event.ts';

const MAX_EVENTS = 256;
const MAX_LENGTH = 128 << 10;
/** The bound of one log while all logs together exceed their budget. At twice the budget nothing is kept. */
const MAX_LENGTH_WHEN_SHORT = 4 << 10;

/** The length of the recent events of all logs of a node, in UTF-16 units of their data. */
export interface RecentEventsBudget {
  used: number;
  readonly max: number;
}

export class RecentEvents {
  /** Every event after this number is here, or was replaced by a later one that is here. */
  low: number;
  private readonly budget: RecentEventsBudget;
  private events: FeedEvent[] = [];
  /** Index of the first valid event. Those before it are removed in bulk. */
  private start = 0;
  private length = 0;

  constructor(low: number, budget: RecentEventsBudget) {
    this.low = low;
    this.budget = budget;
  }

  push(event: FeedEvent): void {
    this.events.push(event);
    this.count(lengthOf(event));
    const maxLength = maxLengthIn(this.budget);
    while (this.events.length - this.start > MAX_EVENTS || this.length > maxLength) this.dropOldest();
    if (this.start > MAX_EVENTS) {
      this.events = this.events.slice(this.start);
      this.start = 0;
    }
  }

  /** Returns the events after number `seq`, or undefined if some of them are gone. */
  after(seq: number): FeedEvent[] | undefined {
    if (seq < this.low) return undefined;
    let from = this.events.length;
    while (from > this.start && (this.events[from - 1] as FeedEvent).seq > seq) from -= 1;
    return this.events.slice(from);
  }

  clear(low: number): void {
    this.count(-this.length);
    this.events = [];
    this.start = 0;
    this.low = low;
  }

  private dropOldest(): void {
    const oldest = this.events[this.start] as FeedEvent;
    this.start += 1;
    this.low = oldest.seq;
    this.count(-lengthOf(oldest));
  }

  private count(length: number): void {
    this.length += length;
    this.budget.used += length;
  }
}

function maxLengthIn({ used, max }: RecentEventsBudget): number {
  if (used <= max) return MAX_LENGTH;
  return used > 2 * max ? 0 : MAX_LENGTH_WHEN_SHORT;
}
