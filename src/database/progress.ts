// What a long migration says of itself while it runs.

export interface Progress {
  /** What is under way, as a person would say it. A new text is a new step. */
  readonly step: string;
  /** How far it is, of `total`; both or neither. */
  readonly done?: number;
  readonly total?: number;
  /** What `done` counts, as `messages`. */
  readonly unit?: string;
  /** Why it does not go on at the moment, as a lock that somebody else holds. */
  readonly waiting?: string;
  /** What was done that an operator should know of, for good. */
  readonly note?: string;
}

export type Report = (progress: Progress) => void;
