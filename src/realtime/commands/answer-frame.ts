// The frame that answers a client frame, where it is answered by a frame.
import type { Answer } from '../connections/transport.ts';

const OWN_ANSWER = { authenticate: 'connection.connect', ping: 'pong' } as const;

/**
 * JSON text of the answer: `ack`, `error`, or the types that answer by themselves (`pong`, `connection.connect`), with
 * the client frame's `id`. Undefined where none is due: a success of a frame that carried no id.
 */
export function answerFrame(answer: Answer, id: string | undefined, now: number): string | undefined {
  if (!answer.ok) return JSON.stringify({ id: id ?? '', type: 'error', data: answer.error, timestamp: now });
  const own = answer.type in OWN_ANSWER ? OWN_ANSWER[answer.type as keyof typeof OWN_ANSWER] : undefined;
  if (own === undefined && id === undefined) return undefined;
  return JSON.stringify({ id: id ?? '', type: own ?? 'ack', data: answer.data, timestamp: now });
}

/** The `id` of a client frame, where it is one that an answer can carry. */
export function answerableId(frame: unknown, maxLength: number): string | undefined {
  if (typeof frame !== 'object' || frame === null) return undefined;
  const { id } = frame as { id?: unknown };
  return typeof id === 'string' && id.length <= maxLength ? id : undefined;
}
