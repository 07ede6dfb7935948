// Time, as the service sees it: handed in, so that tests can hold it.

/** Stops what it stands for; safe to call twice. */
export type Cancel = () => void;

export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** Calls `run` once after `ms`. Never keeps the process alive by itself. */
  after(ms: number, run: () => void): Cancel;
  /** Calls `run` every `ms`. Never keeps the process alive by itself. */
  every(ms: number, run: () => void): Cancel;
  /** Calls `run` after the current turn of the event loop: its I/O callbacks and promise reactions. */
  defer(run: () => void): void;
}
