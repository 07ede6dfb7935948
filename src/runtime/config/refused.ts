// A value that is refused for a reason of its own, beside the one that its setting has for all.

export class Refused {
  /** Completes the sentence "X takes …". Never with a value in it. */
  readonly takes: string;

  constructor(takes: string) {
    this.takes = takes;
  }
}
