// What a long migration reports while it runs.

export interface Progress {
  /** The present step, as a person would say it. A new text is a new step. */
  readonly step: string;
  /** How much of `total` is done. Both or neither are given. */
  readonly done?: number;
  readonly total?: number;
  /** What `done` counts, such as `messages`. */
  readonly unit?: string;
  /** What it waits for at the moment, such as a lock that somebody else holds. */
  readonly waiting?: string;
  /** A completed action that an operator should know of. */
  readonly note?: string;
}

export type Report = (progress: Progress) => void;
