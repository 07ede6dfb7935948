// Time, as the service sees it: handed in, so that tests can hold it.

/** Stops what it stands for; safe to call twice. */
export type Cancel = () => void;

export interface Clock {
  /** Milliseconds since 1970, UTC: what people and other programs are told. Somebody may set it, forwards or back. */
  now(): number;
  /** Milliseconds since some moment before the start, which only ever go on: what durations are counted by. */
  monotonic(): number;
  /** Calls `run` once after `ms`. Never keeps the process alive by itself. */
  after(ms: number, run: () => void): Cancel;
  /** Calls `run` every `ms`. Never keeps the process alive by itself. */
  every(ms: number, run: () => void): Cancel;
  /** Calls `run` after the current turn of the event loop: its I/O callbacks and promise reactions. */
  defer(run: () => void): void;
}
