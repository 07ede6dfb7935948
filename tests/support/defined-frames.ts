// Checks frames that a server sends against the definitions of frames.
import * as z from 'zod';
import { clientFrameOf } from '../../src/protocol/client-frames.ts';
import { SERVER_FRAMES } from '../../src/protocol/server-frames.ts';

/** Undefined if the frame is right, else what is wrong with it. */
export function frameProblem(type: string, data: unknown): string | undefined {
  const definition = SERVER_FRAMES.find((frame) => frame.type === type);
  return definition ? problem(type, definition.data, data) : `a frame ${type} is not defined`;
}

/** The same for the data of the answer to a client frame. */
export function answerProblem(type: string, data: unknown): string | undefined {
  const definition = clientFrameOf(type);
  return definition && problem(`answer to ${type}`, definition.answer.data, data);
}

/** Fields that are not defined are wrong too. */
function problem(what: string, schema: z.ZodType, data: unknown): string | undefined {
  const isClosed = schema instanceof z.ZodObject && schema.def.catchall === undefined;
  const { error } = (isClosed ? schema.strict() : schema).safeParse(data);
  return error && `${what} is not as it is defined: ${JSON.stringify(data)}: ${error.message}`;
}
