// A log's event as feeds hand it out: its data encoded once, its frame made when first needed.
import type { EventKind, LogEvent, StoredMessage } from '../../chat/log/event.ts';
import { messageData, messageIdentity } from '../../protocol/messages.ts';
import type { ServerFrameType } from '../../protocol/server-frames.ts';
import { frameText } from '../connections/frame-text.ts';

export interface FeedEvent {
  /** The log's number of the event. */
  readonly seq: number;
  readonly kind: EventKind;
  readonly messageId: number;
  /** The number under which the message was stored: tells what is new to a reader from what has changed for it. */
  readonly storedSeq: number;
  readonly senderId: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** JSON text of the frame's data. */
  readonly data: string;
}

/** The event of number `message.updatedSeq` with the state that the message has now. */
export function feedEvent(message: StoredMessage, kind: EventKind): FeedEvent {
  return {
    seq: message.updatedSeq,
    kind,
    messageId: message.id,
    storedSeq: message.seq,
    senderId: message.senderId,
    time: Date.parse(message.updatedAt),
    data: JSON.stringify(kind === 'deleted' ? messageIdentity(message) : messageData(message)),
  };
}

export function fromLogEvent(event: LogEvent): FeedEvent {
  return feedEvent(event.message, event.kind);
}

function frameType(kind: EventKind, log: string): ServerFrameType {
  if (kind === 'updated') return 'message.updated';
  if (kind === 'deleted') return 'message.deleted';
  return log.startsWith('c') ? 'channel.message' : 'direct.message';
}

/** JSON text of the event's frame as live readers get it. `log` is the log's name. */
export function eventFrame(log: string, event: FeedEvent): string {
  return frameOfKind(log, event, event.kind);
}

/** The same for a reader that has everything up to number `since`: new to it is what was stored after that. */
export function catchUpFrame(log: string, event: FeedEvent, since: number): string {
  if (event.kind === 'deleted') return eventFrame(log, event);
  return frameOfKind(log, event, event.storedSeq > since ? 'stored' : 'updated');
}

function frameOfKind(log: string, event: FeedEvent, kind: EventKind): string {
  const sender = kind === 'deleted' ? undefined : event.senderId;
  return frameText(`${log}-${event.seq}`, frameType(kind, log), event.data, event.time, sender, event.seq);
}
