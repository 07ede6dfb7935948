// When each of many is to be looked at next. A look at thousands that are idle reads a list of numbers, not them: each
// would bring several lines of memory into the processor, once a second.

/** What stands in a timetable. */
export interface Scheduled {
  /** Where it stands, kept by the timetable. */
  place: number;
}

/** Of what stands in no timetable. */
export const NOWHERE = -1;

const FIRST_ROOM = 64;

export class Timetable<Item extends Scheduled> {
  private readonly items: Item[] = [];
  private times = new Float64Array(FIRST_ROOM);
  private readonly longestWait: number;

  /** No look puts the next off for longer than `longestWait`: a time beyond that is of a clock that was set back since. */
  constructor(longestWait: number) {
    this.longestWait = longestWait;
  }

  get size(): number {
    return this.items.length;
  }

  /** All of them, in no particular order: a copy, so that what is done with one may take it or others out. */
  all(): Item[] {
    return [...this.items];
  }

  /** Puts an item in that stands nowhere, to be looked at from `time` on. Times are on any one clock. */
  add(item: Item, time: number): void {
    if (this.items.length === this.times.length) this.grow();
    item.place = this.items.length;
    this.times[item.place] = time;
    this.items.push(item);
  }

  /** Takes an item out; one that stands nowhere stays so. */
  remove(item: Item): void {
    const { place } = item;
    if (place === NOWHERE) return;
    const last = this.items.pop() as Item;
    if (last !== item) {
      this.items[place] = last;
      this.times[place] = this.times[this.items.length] as number;
      last.place = place;
    }
    item.place = NOWHERE;
  }

  /** It is to be looked at from `time` on, whatever was said before. Nothing where it stands nowhere. */
  reschedule(item: Item, time: number): void {
    if (item.place !== NOWHERE) this.times[item.place] = time;
  }

  /**
   * Looks at those whose time has come, at most `most` of them, and tells whether there may be more. Each look gives the
   * time of the next. It may take items out and put others in, which are not looked at in this round.
   */
  visit(now: number, look: (item: Item) => number, most = Number.POSITIVE_INFINITY): boolean {
    let looks = 0;
    // From the last on: whoever takes the place of one that goes has had its turn.
    for (let place = this.items.length - 1; place >= 0; place -= 1) {
      const time = this.times[place] as number;
      if (time > now && time <= now + this.longestWait) continue;
      if (looks === most) return true;
      looks += 1;
      const item = this.items[place];
      if (item) this.reschedule(item, look(item));
    }
    return false;
  }

  private grow(): void {
    const larger = new Float64Array(this.times.length * 2);
    larger.set(this.times);
    this.times = larger;
  }
}
