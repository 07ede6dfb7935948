// What the events of Socket.IO clients are in the message protocol, and how its answers look to them.
import { LIMITS } from '../../protocol/limits.ts';
import { answerableId, answerFrame } from '../../realtime/commands/answer-frame.ts';
import type { Outgoing } from '../../realtime/connections/outgoing.ts';
import type { Answer, AnswerError } from '../../realtime/connections/transport.ts';
import type { ClientEvent } from './client-packet.ts';
import { messagePacket, outgoingPackets } from './outgoing-packets.ts';
import { ackPacket, eventPacket } from './packet.ts';

type Success = Extract<Answer, { ok: true }>;

/** An event that stands for a frame type; `answer` gives the packets that answer it where there is no callback. */
interface FrameEvent {
  readonly type: string;
  readonly answer: (answer: Success, now: number, payload: unknown) => string[];
}

const FRAME_EVENTS: ReadonlyMap<string | undefined, FrameEvent> = new Map([
  ['authenticate', { type: 'authenticate', answer: authenticated }],
  ['join_channel', { type: 'channel.join', answer: aboutChannel('joined_channel') }],
  ['leave_channel', { type: 'channel.leave', answer: aboutChannel('left_channel') }],
]);

/** No frame has this type: an unknown event is answered like an unknown frame. */
const NO_TYPE = '';

/** The client frame that an event stands for, which may be anything. */
export function clientFrame({ name, payload }: ClientEvent): unknown {
  if (name === 'message') return payload;
  return { type: FRAME_EVENTS.get(name)?.type ?? NO_TYPE, data: payload };
}

/** What the client gets for its event, undefined where no answer is due. `frame` is what `clientFrame` gave. */
export function encodeAnswer(event: ClientEvent, frame: unknown, answer: Answer, now: number): Outgoing | undefined {
  if (event.ackId !== undefined) return outgoingPackets([ackPacket(event.ackId, JSON.stringify(callbackBody(answer)))]);
  const id = answerableId(frame, LIMITS.FRAME_ID_LENGTH);
  if (!answer.ok) return outgoingPackets([eventPacket('error', JSON.stringify(errorBody(answer.error, id)))]);
  const frameEvent = FRAME_EVENTS.get(event.name);
  if (frameEvent) return outgoingPackets(frameEvent.answer(answer, now, event.payload));
  const text = answerFrame(answer, id, now);
  return text === undefined ? undefined : outgoingPackets([messagePacket(text)]);
}

function callbackBody(answer: Answer): object {
  return answer.ok ? { ok: true, data: answer.data } : { ok: false, error: answer.error };
}

function errorBody(error: AnswerError, id: string | undefined): object {
  return { ...error, id };
}

/** The id of the channel goes back as it was written: clients compare it with their own, which may be a text. */
function aboutChannel(event: string): FrameEvent['answer'] {
  return ({ data }, _now, payload) => {
    const { channel_id } = payload as { channel_id?: unknown };
    return [eventPacket(event, JSON.stringify({ ...(data as object), channel_id }))];
  };
}

/** The event carries no id that the frame could answer: it gets the connection's own. */
function authenticated(answer: Success, now: number): string[] {
  const { user_id, client_id } = answer.data as { user_id: number; client_id: string };
  const frame = answerFrame(answer, client_id, now);
  const event = eventPacket('authenticated', JSON.stringify({ userId: user_id }));
  return frame === undefined ? [event] : [event, messagePacket(frame)];
}
