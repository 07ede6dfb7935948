// An event of a log as feeds hand it out: its data is JSON text, encoded once; its frame is made when needed.
import { type Change, defineChange } from '../../chat/log/define-change.ts';
import type { LogEvent, StoredMessage } from '../../chat/log/event.ts';
import type { ObjectEvent } from '../../chat/log/log.ts';
import { messageData, messageIdentity } from '../../protocol/messages.ts';
import type { ServerFrameType } from '../../protocol/server-frames.ts';
import { frameText } from '../connections/frame-text.ts';

/** What a message's state means to its reader. It decides the type of the frame. */
type Standing = 'new' | 'changed' | 'gone';

export interface FeedEvent {
  /** The log's number of the event. */
  readonly seq: number;
  readonly change: Change;
  readonly messageId: number;
  /** The number under which the message was stored: shows whether the message is new to a reader or has changed. */
  readonly storedSeq: number;
  readonly senderId: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** What it means to live readers. */
  readonly standing: Standing;
  /** JSON text of the state form. */
  readonly data: string;
  /** JSON text of the live form; undefined if live readers get the state form. */
  readonly live: string | undefined;
  /** The type of the frame of an object that is no message. */
  readonly type?: ServerFrameType;
}

/** The change of events that were read from the log, where only the state is known. It is never published. */
const READ = defineChange({ type: 'read' });

export function fromLogEvent({ change, message, live }: LogEvent): FeedEvent {
  const known = message.updatedSeq - 1;
  return stateEvent(message, known, change, live && JSON.stringify(live));
}

/** The event of a message's present state, for live readers who have everything up to number `known`. */
export function stateEvent(message: StoredMessage, known: number, change = READ, live?: string): FeedEvent {
  return {
    seq: message.updatedSeq,
    change,
    messageId: message.id,
    storedSeq: message.seq,
    senderId: message.senderId,
    time: Date.parse(message.updatedAt),
    standing: standingOf(message.deleted, message.seq, known),
    data: JSON.stringify(message.deleted ? messageIdentity(message) : messageData(message)),
    live,
  };
}

/** The event of an object that is no message. `messageId` is its own id. `time` in ms. */
export function objectEvent({ seq, id, type, data }: ObjectEvent, time: number): FeedEvent {
  const text = JSON.stringify(data);
  return {
    ...{ seq, change: READ, messageId: id, storedSeq: 0, senderId: 0, time, standing: 'changed', type },
    ...{ data: text, live: undefined },
  };
}

export function standingOf(isGone: boolean, storedSeq: number, known: number): Standing {
  if (isGone) return 'gone';
  return storedSeq > known ? 'new' : 'changed';
}

/** The same event for live readers who have everything up to number `known`, even if it was made for a lower number. */
export function knownUpTo(event: FeedEvent, known: number): FeedEvent {
  return event.standing === 'new' && event.storedSeq <= known ? { ...event, standing: 'changed' } : event;
}

/** The event's share of a budget of text. */
export function lengthOf({ data, live }: FeedEvent): number {
  return live === undefined ? data.length : data.length + live.length;
}

/** JSON text of the frame for live readers. `log` is the log's name. */
export function eventFrame(log: string, event: FeedEvent): string {
  const { change, live } = event;
  if (live === undefined || change.live === undefined) return stateFrame(log, event, event.standing);
  return frameText(`${log}-${event.seq}`, change.live, live, event.time, undefined, event.seq);
}

/** JSON text of the frame for a reader that catches up. Messages stored after number `since` are new to it. */
export function catchUpFrame(log: string, event: FeedEvent, since: number): string {
  return stateFrame(log, event, standingOf(event.standing === 'gone', event.storedSeq, since));
}

function stateFrame(log: string, event: FeedEvent, standing: Standing): string {
  const sender = standing === 'gone' || event.type ? undefined : event.senderId;
  return frameText(
    `${log}-${event.seq}`,
    event.type ?? frameType(standing, log),
    event.data,
    event.time,
    sender,
    event.seq,
  );
}

function frameType(standing: Standing, log: string): ServerFrameType {
  if (standing === 'changed') return 'message.updated';
  if (standing === 'gone') return 'message.deleted';
  return log.startsWith('c') ? 'channel.message' : 'direct.message';
}
