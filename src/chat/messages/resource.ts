// A stored message as the REST interface shows it.
import { messageType } from '../../protocol/message-type.ts';
import type { Message } from '../../protocol/resources.ts';
import type { StoredMessage } from '../log/event.ts';

export function toMessage(message: StoredMessage): Message {
  return {
    id: message.id,
    seq: message.seq,
    updatedSeq: message.updatedSeq,
    senderId: message.senderId,
    senderName: message.senderName,
    senderAvatar: message.senderAvatar,
    text: message.text,
    url: message.url,
    fileName: message.fileName,
    clientId: message.clientId,
    channelId: message.channelId,
    receiverId: message.receiverId,
    createdAt: message.createdAt,
    updatedAt: message.updatedAt,
    type: messageType(message.fileName, message.url),
  };
}
