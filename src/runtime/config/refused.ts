// A value that is refused for a reason of its own, instead of the general one of its setting.

export class Refused {
  /** Completes the sentence "X takes …". Never contains a value. */
  readonly takes: string;

  constructor(takes: string) {
    this.takes = takes;
  }
}
