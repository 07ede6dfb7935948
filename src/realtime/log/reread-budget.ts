// Limits how often one connection may read the same part of a log again. Reading on is free, going back is not: a
// client that kept going back to the beginning would take the node's time from all others.

const BURST = 60;
const PER_SECOND = 1;
/** The most logs that are remembered. For one more, the log that was read first is forgotten. */
const MAX_LOGS = 5_000;

export class RereadBudget {
  /** How far each log was read for this connection. */
  private readonly reached = new Map<string, number>();
  private tokens = BURST;
  private refilledAt: number;

  /** Here and below, `now` is in monotonic milliseconds. */
  constructor(now: number) {
    this.refilledAt = now;
  }

  /** Says that the log was read for the connection up to this number. */
  note(log: string, upTo: number): void {
    const before = this.reached.get(log);
    if (before === undefined && this.reached.size >= MAX_LOGS) this.dropOldest();
    this.reached.set(log, Math.max(before ?? 0, upTo));
  }

  /** Whether the log may be read on from `cursor` now. Counts it if that part was read for the connection before. */
  take(log: string, cursor: number, now: number): boolean {
    if (cursor >= (this.reached.get(log) ?? 0)) return true;
    this.tokens = Math.min(BURST, this.tokens + ((now - this.refilledAt) / 1000) * PER_SECOND);
    this.refilledAt = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }

  /** Milliseconds until the next read is allowed. */
  retryAfterMs(): number {
    return Math.ceil((Math.max(0, 1 - this.tokens) / PER_SECOND) * 1000);
  }

  private dropOldest(): void {
    for (const log of this.reached.keys()) {
      this.reached.delete(log);
      return;
    }
  }
}
