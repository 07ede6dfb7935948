// The clock of the service. It is passed in, so that tests can control time.

/** Cancels a call. Safe to call twice. */
export type Cancel = () => void;

export interface Clock {
  /** Milliseconds since 1970, UTC, for people and other programs. Somebody may set it forwards or back. */
  now(): number;
  /** Milliseconds since some moment before the start, for durations. Never goes back. */
  monotonic(): number;
  /** Calls `run` once after `ms`. Never keeps the process alive by itself. */
  after(ms: number, run: () => void): Cancel;
  /** Calls `run` every `ms`. Never keeps the process alive by itself. */
  every(ms: number, run: () => void): Cancel;
  /** Calls `run` after the current turn of the event loop: its I/O callbacks and promise reactions. */
  defer(run: () => void): void;
}
