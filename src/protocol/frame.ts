// How a frame is defined: its type, its data, and the answer to a client frame. client-frames.ts and server-frames.ts
// list all frames.
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
  /** The answer to a success. An `ack` is sent only if the frame has an `id`, an answer of another type always. */
  readonly answer: A;
  /** True if clients may send it before they sign in. */
  readonly beforeSignIn?: boolean;
  /** Set if Socket.IO has an event for this frame. Any frame can be sent with the event `message`. */
  readonly socketIo?: SocketIoEvent<z.output<A['data']>>;
}

export interface SocketIoEvent<Answer> {
  readonly event: string;
  /** The event of the answer, if the client passed no callback. */
  readonly answer: string;
  /** What the answering event carries. `sent` is the data of the client's event, as the client wrote it. */
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

/** An `ack` with these fields, for a client frame whose answer has no type of its own. */
export function ackOf<F extends z.core.$ZodShape>(fields: F): ServerFrameDefinition<'ack', z.ZodObject<F>> {
  return { type: 'ack', data: z.object(fields) };
}

/** An `ack` with the fields of one of the two, depending on what was asked. */
export function ackOfEither<A extends z.core.$ZodShape, B extends z.core.$ZodShape>(
  one: A,
  other: B,
): ServerFrameDefinition<'ack', z.ZodUnion<[z.ZodObject<A, z.core.$strict>, z.ZodObject<B, z.core.$strict>]>> {
  return { type: 'ack', data: z.union([z.strictObject(one), z.strictObject(other)]) };
}
