// The answer to a client frame: given once, by the frame's command or at its deadline.
import type { Deadline, Deadlines, Expiring } from '../../lib/deadline.ts';
import type { ClientFrameType } from '../../protocol/client-frames.ts';
import type { Answer, Incoming } from './transport.ts';

const LATE = { code: 'UNAVAILABLE', message: 'It took too long: try again' } as const;

/** Who sends the answer. */
export interface Answering {
  readonly deadlines: Deadlines;
  /** The connection is gone, so there is nobody to answer. */
  readonly isClosed: boolean;
  answer(encode: Incoming['encode'], answer: Answer): void;
}

/** Also the context of a command: see commands/command.ts. */
export class FrameAnswer<S extends Answering> implements Expiring {
  readonly session: S;
  readonly incoming: Incoming;
  readonly deadline: Deadline;
  isGiven = false;
  /** Undefined while the frame waits to be decoded. */
  private readonly type: ClientFrameType | undefined;

  constructor(session: S, incoming: Incoming, deadline: Deadline, type?: ClientFrameType) {
    this.session = session;
    this.type = type;
    this.incoming = incoming;
    this.deadline = deadline;
    session.deadlines.add(this);
  }

  get isOver(): boolean {
    return this.isGiven || this.session.isClosed;
  }

  ack(data: unknown): void {
    if (this.type !== undefined) this.give({ ok: true, type: this.type, data });
  }

  /** Answers the frame. Does nothing if it was answered before. */
  give(answer: Answer): void {
    if (this.isGiven) return;
    this.end();
    this.session.answer(this.incoming.encode, answer);
  }

  /** No answer is due any more. */
  end(): void {
    this.isGiven = true;
    this.session.deadlines.remove(this);
  }

  expire(): void {
    this.give({ ok: false, type: this.type, error: LATE });
  }
}
