// How often one connection may have the same part of a log read again: reading on is free, going back is not. A client
// that went back to the beginning again and again would take the node's time from all others.

const BURST = 60;
const PER_SECOND = 1;
/** Logs that are remembered; the one that was read first is forgotten for one more. */
const MAX_LOGS = 5_000;

export class RereadBudget {
  /** By log, how far it was read for this connection. */
  private readonly reached = new Map<string, number>();
  private tokens = BURST;
  private refilledAt: number;

  /** `now` is in ms, here and below, on a clock that nobody sets. */
  constructor(now: number) {
    this.refilledAt = now;
  }

  /** Everything of the log up to this number was read for the connection. */
  note(log: string, upTo: number): void {
    const before = this.reached.get(log);
    if (before === undefined && this.reached.size >= MAX_LOGS) this.forgetFirst();
    this.reached.set(log, Math.max(before ?? 0, upTo));
  }

  /** Whether the log may be read on from `cursor` now. Counts it if what follows was read for the connection before. */
  take(log: string, cursor: number, now: number): boolean {
    if (cursor >= (this.reached.get(log) ?? 0)) return true;
    this.tokens = Math.min(BURST, this.tokens + ((now - this.refilledAt) / 1000) * PER_SECOND);
    this.refilledAt = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }

  /** Milliseconds until the next is allowed. */
  retryAfterMs(): number {
    return Math.ceil((Math.max(0, 1 - this.tokens) / PER_SECOND) * 1000);
  }

  private forgetFirst(): void {
    for (const log of this.reached.keys()) {
      this.reached.delete(log);
      return;
    }
  }
}
