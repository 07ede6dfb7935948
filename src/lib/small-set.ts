// A set that mostly has one member: then it is that member, not a table, which takes four times as much.

export class SmallSet<T extends object> implements Iterable<T> {
  private only: T | undefined;
  /** All of them, while there are several. */
  private all: Set<T> | undefined;

  get size(): number {
    return this.all?.size ?? (this.only ? 1 : 0);
  }

  has(member: T): boolean {
    return this.all ? this.all.has(member) : this.only === member;
  }

  add(member: T): void {
    if (this.all) {
      this.all.add(member);
    } else if (!this.only) {
      this.only = member;
    } else if (this.only !== member) {
      this.all = new Set([this.only, member]);
      this.only = undefined;
    }
  }

  /** False where it was no member. */
  delete(member: T): boolean {
    if (!this.has(member)) return false;
    // Of several that went one by one, the last ones stay in the table: who had several will have again.
    if (this.all) this.all.delete(member);
    else this.only = undefined;
    return true;
  }

  [Symbol.iterator](): Iterator<T> {
    return (this.all ?? (this.only ? [this.only] : []))[Symbol.iterator]();
  }
}
