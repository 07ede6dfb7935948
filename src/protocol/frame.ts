// How a frame is defined: its type, what its data is, and for a client frame what answers it. Each noun's file defines its
// own; client-frames.ts and server-frames.ts list them.
import * as z from 'zod';

/** A frame that the server sends. */
export interface ServerFrameDefinition<T extends string = string, D extends z.ZodType = z.ZodType> {
  readonly type: T;
  readonly data: D;
}

/** A frame that a client may send. */
export interface ClientFrameDefinition<
  T extends string = string,
  D extends z.ZodType = z.ZodType,
  A extends ServerFrameDefinition = ServerFrameDefinition,
> {
  readonly type: T;
  /** Unknown fields are ignored. */
  readonly data: D;
  /** What answers a success: an `ack`, which only who gave an `id` gets, or a frame of its own, which everybody gets. */
  readonly answer: A;
  /** True if it may be sent by who has not signed in yet. */
  readonly beforeSignIn?: boolean;
  /** If Socket.IO clients may send it by an event of its own. All frames can be sent by the event `message`. */
  readonly socketIo?: SocketIoEvent<z.output<A['data']>>;
}

export interface SocketIoEvent<Answer> {
  readonly event: string;
  /** The event that answers it, if the client passed no callback. */
  readonly answer: string;
  /** What the answering event carries. `sent` is what came with the client's, as it was written. */
  body(answer: Answer, sent: unknown): object;
}

/** The data of a frame. */
export type DataOf<F extends ServerFrameDefinition | ClientFrameDefinition> = z.output<F['data']>;
/** The data of the answer to a client frame. */
export type AnswerOf<F extends ClientFrameDefinition> = DataOf<F['answer']>;

export function serverFrame<const T extends string, D extends z.ZodType>(
  type: T,
  data: D,
): ServerFrameDefinition<T, D> {
  return { type, data };
}

export function clientFrame<const T extends string, D extends z.ZodType, A extends ServerFrameDefinition>(
  definition: ClientFrameDefinition<T, D, A>,
): ClientFrameDefinition<T, D, A> {
  return definition;
}

/** The answer of a frame that has none of its own. */
export function ackOf<F extends z.core.$ZodShape>(fields: F): ServerFrameDefinition<'ack', z.ZodObject<F>> {
  return { type: 'ack', data: z.object(fields) };
}
