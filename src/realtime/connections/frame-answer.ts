// The answer that a client frame is due: given once, by what the frame does, or by its deadline.
import type { Deadline, Deadlines, Expiring } from '../../lib/deadline.ts';
import type { ClientFrameType } from '../../protocol/frames.ts';
import type { Answer, Incoming } from './transport.ts';

const LATE = { code: 'UNAVAILABLE', message: 'It took too long: try again' } as const;

/** Who sends the answer. */
export interface Answering {
  readonly deadlines: Deadlines;
  answer(encode: Incoming['encode'], answer: Answer): void;
}

/** What a command answers with. */
export interface Reply {
  /** What is done for the frame is to be done by then. */
  readonly deadline: Deadline;
  /** True once the client was told something, UNAVAILABLE for one: what the frame has not done by then it is not to do. */
  readonly isGiven: boolean;
  /** The answer of a frame that did what it is for. */
  ack(data: unknown): void;
}

export class FrameAnswer implements Reply, Expiring {
  readonly incoming: Incoming;
  readonly deadline: Deadline;
  isGiven = false;
  /** Undefined while the frame waits to be decoded. */
  private readonly type: ClientFrameType | undefined;
  private readonly owner: Answering;

  constructor(owner: Answering, incoming: Incoming, deadline: Deadline, type?: ClientFrameType) {
    this.owner = owner;
    this.type = type;
    this.incoming = incoming;
    this.deadline = deadline;
    owner.deadlines.add(this);
  }

  ack(data: unknown): void {
    if (this.type !== undefined) this.give({ ok: true, type: this.type, data });
  }

  /** Nothing where it was given before. */
  give(answer: Answer): void {
    if (this.isGiven) return;
    this.end();
    this.owner.answer(this.incoming.encode, answer);
  }

  /** No answer is due any more. */
  end(): void {
    this.isGiven = true;
    this.owner.deadlines.remove(this);
  }

  expire(): void {
    this.give({ ok: false, type: this.type, error: LATE });
  }
}
