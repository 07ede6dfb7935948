// The frame that answers a client frame, if it is answered by a frame.
import { clientFrameOf } from '../../protocol/client-frames.ts';
import type { Answer } from '../connections/transport.ts';

/**
 * JSON text of the answer: `ack`, `error`, or the frame of its own that a type is answered by (`pong`,
 * `connection.connect`), with the client frame's `id`. Undefined if none is due: a success of a frame that carried no id.
 */
export function answerFrame(answer: Answer, id: string | undefined, now: number): string | undefined {
  if (!answer.ok) return JSON.stringify({ id: id ?? '', type: 'error', data: answer.error, timestamp: now });
  const type = clientFrameOf(answer.type)?.answer.type;
  if (type === 'ack' && id === undefined) return undefined;
  return JSON.stringify({ id: id ?? '', type, data: answer.data, timestamp: now });
}

/** The `id` of a client frame, if it is one that an answer can carry; an empty one counts as none. */
export function answerableId(frame: unknown, maxLength: number): string | undefined {
  if (typeof frame !== 'object' || frame === null) return undefined;
  const { id } = frame as { id?: unknown };
  return typeof id === 'string' && id !== '' && id.length <= maxLength ? id : undefined;
}
