// The answer to a client frame: given once, by the frame's command or at its deadline.
import type { Deadline, Deadlines, Expiring } from '../../lib/deadline.ts';
import { NOWHERE } from '../../lib/timetable.ts';
import type { ClientFrameType } from '../../protocol/client-frames.ts';
import type { Answer, AnswerError, Incoming } from './transport.ts';

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
  readonly deadline: Deadline;
  isGiven = false;
  place = NOWHERE;
  private readonly encode: Incoming['encode'];
  /** Undefined while the frame waits to be decoded. */
  private readonly type: ClientFrameType | undefined;

  constructor(session: S, encode: Incoming['encode'], deadline: Deadline, type?: ClientFrameType) {
    this.session = session;
    this.encode = encode;
    this.type = type;
    this.deadline = deadline;
    session.deadlines.add(this);
  }

  get isOver(): boolean {
    return this.isGiven || this.session.isClosed;
  }

  ack(data: unknown): void {
    if (this.type !== undefined) this.give({ ok: true, type: this.type, data });
  }

  fail(error: AnswerError): void {
    this.give({ ok: false, type: this.type, error });
  }

  /** No answer is due any more. */
  end(): void {
    this.isGiven = true;
    this.session.deadlines.remove(this);
  }

  expire(): void {
    this.fail(LATE);
  }

  /** Does nothing if the frame was answered before. */
  private give(answer: Answer): void {
    if (this.isGiven) return;
    this.end();
    this.session.answer(this.encode, answer);
  }
}
