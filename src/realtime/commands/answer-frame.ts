// The frame that answers a client frame.
import { clientFrameOf } from '../../protocol/client-frames.ts';
import type { Answer } from '../connections/transport.ts';

/**
 * JSON text of the answer: `ack`, `error`, or a type of its own (`pong`, `connection.connect`), with the client frame's
 * `id`. Returns undefined if none is due: for the success of a frame without an id.
 */
export function answerFrame(answer: Answer, id: string | undefined, now: number): string | undefined {
  if (!answer.ok) return JSON.stringify({ id: id ?? '', type: 'error', data: answer.error, timestamp: now });
  const type = clientFrameOf(answer.type)?.answer.type;
  if (type === 'ack' && id === undefined) return undefined;
  return JSON.stringify({ id: id ?? '', type, data: answer.data, timestamp: now });
}

/** The `id` of a client frame, if an answer can carry it. An empty one counts as none. */
export function answerableId(frame: unknown, maxLength: number): string | undefined {
  if (typeof frame !== 'object' || frame === null) return undefined;
  const { id } = frame as { id?: unknown };
  return typeof id === 'string' && id !== '' && id.length <= maxLength ? id : undefined;
}
