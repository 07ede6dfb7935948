// Translates the events of Socket.IO clients to client frames, and the answers to events.
import { CLIENT_FRAMES } from '../../protocol/client-frames.ts';
import type { ClientFrameDefinition, SocketIoEvent } from '../../protocol/frame.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { answerableId, answerFrame } from '../../realtime/commands/answer-frame.ts';
import type { Outgoing } from '../../realtime/connections/outgoing.ts';
import type { Answer, AnswerError } from '../../realtime/connections/transport.ts';
import type { ClientEvent } from './client-packet.ts';
import { messagePacket, outgoingPackets } from './outgoing-packets.ts';
import { ackPacket, eventPacket } from './packet.ts';

type Success = Extract<Answer, { ok: true }>;

/** The frames that have an event of their own. */
const FRAMES_BY_EVENT: ReadonlyMap<string | undefined, ClientFrameDefinition> = new Map(
  CLIENT_FRAMES.flatMap((frame: ClientFrameDefinition) => (frame.socketIo ? [[frame.socketIo.event, frame]] : [])),
);

/** No frame has this type: an unknown event is answered like an unknown frame. */
const NO_TYPE = '';

/** The client frame of an event, not validated. */
export function clientFrame({ name, payload }: ClientEvent): unknown {
  if (name === 'message') return payload;
  return { type: FRAMES_BY_EVENT.get(name)?.type ?? NO_TYPE, data: payload };
}

/** The answer to an event, or undefined if none is due. `frame` is the result of `clientFrame`. */
export function encodeAnswer(event: ClientEvent, frame: unknown, answer: Answer, now: number): Outgoing | undefined {
  if (event.ackId !== undefined) return outgoingPackets([ackPacket(event.ackId, JSON.stringify(callbackBody(answer)))]);
  const id = answerableId(frame, LIMITS.FRAME_ID_LENGTH);
  if (!answer.ok) return outgoingPackets([eventPacket('error', JSON.stringify(errorBody(answer.error, id)))]);
  const own = FRAMES_BY_EVENT.get(event.name)?.socketIo;
  if (own) return outgoingPackets(answerEvents(own, answer, event.payload, now));
  const text = answerFrame(answer, id, now);
  return text === undefined ? undefined : outgoingPackets([messagePacket(text)]);
}

function callbackBody(answer: Answer): object {
  return answer.ok ? { ok: true, data: answer.data } : { ok: false, error: answer.error };
}

function errorBody(error: AnswerError, id: string | undefined): object {
  return { ...error, id };
}

/** The answering event, and after it the answering frame if that is more than an ack. */
function answerEvents(own: SocketIoEvent<unknown>, answer: Success, payload: unknown, now: number): string[] {
  const event = eventPacket(own.answer, JSON.stringify(own.body(answer.data, payload)));
  // The event has no id that the frame could carry, so the frame gets the connection's id, if the answer has it.
  const { client_id } = answer.data as { client_id?: string };
  const frame = answerFrame(answer, client_id, now);
  return frame === undefined ? [event] : [event, messagePacket(frame)];
}
