// A stored message as the REST interface shows it.
import { messageType } from '../protocol/message-type.ts';
import type { Message } from '../protocol/resources.ts';
import type { StoredMessage } from './log/event.ts';

export function toMessage({ deleted: _, ...message }: StoredMessage): Message {
  return { ...message, type: messageType(message.fileName, message.url) };
}
