// What a log is, in the simplest form: an array of events for each, filled from what was answered. And what a reader may
// have seen of it.

/** One event, at the place that its number names. */
export interface Happened {
  readonly number: number;
  readonly kind: 'stored' | 'updated' | 'deleted';
  readonly id: number;
  /** Null where the message is gone. */
  readonly text: string | null;
  /** When what led to it began and was answered: ticks of the world. */
  readonly began: number;
  readonly answered: number;
}

/** A numbered frame, as a client got it. */
export interface SeenFrame {
  readonly type: string;
  readonly seq?: number;
  readonly data: Record<string, unknown>;
}

/** One stretch of reading of one log by one connection. */
export interface Stretch {
  readonly log: string;
  readonly who: string;
  /** What was asked for; undefined where it began by itself, as direct messages do. */
  readonly since: number | undefined;
  /** The log's last number when it began. */
  readonly head: number;
  readonly began: number;
  readonly frames: readonly SeenFrame[];
  /** The reader stayed to the end, so nothing may be missing. */
  readonly whole: boolean;
  /** Nothing came in the way of it: every number comes, one by one. */
  readonly smooth: boolean;
  readonly losses: readonly Loss[];
}

/** Access that was lost. Who has it again may read of what was meanwhile. */
export interface Loss {
  /** Nothing that began later than this may be among the frames … */
  readonly at: number;
  /** … up to this one, before which access was given back; undefined where it was not. */
  until: number | undefined;
}

export class LogModel {
  readonly events: Happened[] = [];
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  head(): number {
    return Math.max(0, this.events.length - 1);
  }

  add(event: Happened): void {
    const there = this.events[event.number];
    if (there) throw new Error(`${this.name}: number ${event.number} was given to ${show(there)} and ${show(event)}`);
    this.events[event.number] = event;
  }

  /** The messages as the log leaves them, by id. */
  state(): Map<number, Happened> {
    return new Map(this.all().map((event) => [event.id, event]));
  }

  all(): Happened[] {
    return this.events.filter((event) => event !== undefined);
  }

  storedNumber(id: number): number {
    return this.all().find((event) => event.id === id && event.kind === 'stored')?.number ?? -1;
  }

  /** Without gaps, and no event before one that was answered before it began. */
  checkNumbers(head: number): void {
    const missing = Array.from({ length: head }, (_, i) => i + 1).filter((number) => !this.events[number]);
    if (missing.length > 0) throw new Error(`${this.name}: numbers that nobody was answered: ${missing}`);
    if (this.events.length > head + 1)
      throw new Error(`${this.name}: ${this.head()} was answered, the log ends at ${head}`);
    let latest = -1;
    for (const event of this.all()) {
      if (event.answered < latest) throw new Error(`${this.name}: ${show(event)} was over before one before it began`);
      latest = Math.max(latest, event.began);
    }
  }

  check(stretch: Stretch): void {
    const fail = (what: string) => {
      const seen = stretch.frames.map((frame) => `${frame.seq}:${frame.type.split('.')[1]}:${frame.data.id}`);
      throw new Error(
        `${this.name}, ${stretch.who}, since ${stretch.since}: ${what}\n  saw ${seen}\n  log ${this.all().map(show)}`,
      );
    };
    this.checkFrames(stretch, fail);
    this.checkNothingMissing(stretch, fail);
  }

  private checkFrames({ since, head, frames, losses }: Stretch, fail: (what: string) => void): void {
    let last = since ?? -1;
    const known = new Set<number>();
    for (const [index, frame] of frames.entries()) {
      const number = frame.seq as number;
      const event = this.events[number];
      if (number <= last) fail(`${number} came after ${last}`);
      if (!event) return fail(`${number} came, which never was`);
      const isSecret = losses.some(({ at, until }) => event.began > at && (until === undefined || index < until));
      if (isSecret) fail(`${number} came after access was lost`);
      if (frame.data.id !== event.id || frame.data.updated_seq !== number) fail(`${number} is of another message`);
      if ((frame.data.text ?? null) !== event.text) fail(`${number} says ${frame.data.text}, not ${event.text}`);
      const kind = frame.type.split('.')[1];
      // A hole of several pages, read in between two changes of a message, tells of it first by its later one.
      const passedOver = kind === 'updated' && this.storedNumber(event.id) < last;
      if (since !== undefined && kind !== this.kindFor(event, since, known) && !passedOver) {
        fail(`${number} came as ${frame.type}`);
      }
      const replaced = this.events.slice(number + 1, head + 1).find((later) => later?.id === event.id);
      if (since !== undefined && replaced) fail(`${number} came, which ${show(replaced)} had replaced at the join`);
      known.add(event.id);
      last = number;
    }
  }

  /** What an event is to a reader that began at `since` and was sent the messages in `known`. */
  private kindFor(event: Happened, since: number, known: ReadonlySet<number>): string {
    if (event.text === null) return 'deleted';
    return this.storedNumber(event.id) > since && !known.has(event.id) ? 'message' : 'updated';
  }

  /** What is missing must have been replaced by a later change of the same message. */
  private checkNothingMissing(stretch: Stretch, fail: (what: string) => void): void {
    const { since, frames, whole, smooth, began } = stretch;
    const seen = new Set(frames.map((frame) => frame.seq));
    const end = whole ? this.head() : (frames.at(-1)?.seq ?? 0);
    const state = this.state();
    for (const event of this.all()) {
      const asked = since === undefined ? event.began > began : event.number > since;
      if (!asked || event.number > end || seen.has(event.number)) continue;
      if (state.get(event.id) === event) fail(`${event.number} is missing`);
      else if (smooth && event.number > stretch.head) fail(`${event.number} did not come live`);
    }
  }
}

function show(event: Happened): string {
  return `${event.number}:${event.kind}:${event.id}`;
}
