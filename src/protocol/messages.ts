// A message on the wire. Its fields are written down once; the REST view (camelCase) and the data of frames (snake_case) are
// two spellings of them. What clients send of a message is here too.
import * as z from 'zod';
import { fileUrl, id, optionalId, optionalText, storable } from './fields.ts';
import { ackOf, clientFrame, serverFrame } from './frame.ts';
import { LIMITS } from './limits.ts';
import { messageType } from './message-type.ts';
import { shownAvatar, shownId, shownSeq, shownText, shownTime } from './shown.ts';
import { spelled } from './spelling.ts';

/** What senders put into a message, as they may give it. A field is the column of `chats` that has its name. */
const givenContent = {
  text: optionalText(),
  url: optionalText(fileUrl),
  fileName: optionalText(storable().max(LIMITS.FILE_NAME_MAX)),
};

/** The same as everybody gets it. All of it is null once the message is deleted. */
const shownContent = {
  text: shownText('Hello'),
  url: shownText(null),
  fileName: shownText(null),
} satisfies Record<keyof typeof givenContent, z.ZodType>;

export type MessageContent = Readonly<z.output<z.ZodObject<typeof shownContent>>>;

export const CONTENT_FIELDS = Object.keys(shownContent) as ReadonlyArray<keyof MessageContent>;

/** That of a deleted message. */
export const EMPTY_CONTENT = Object.fromEntries(
  CONTENT_FIELDS.map((name) => [name, null]),
) as unknown as MessageContent;

/** The content out of something that has more. Field by field, as all that is done for each message: it is much faster. */
export function contentOf(from: MessageContent): MessageContent {
  return { text: from.text, url: from.url, fileName: from.fileName };
}

const clientId = optionalText(storable().max(LIMITS.CLIENT_ID_LENGTH));

/** A message in the REST interface. */
export const messageSchema = z
  .object({
    id: shownId,
    seq: shownSeq.meta({ description: 'The number of its being stored, in its conversation.' }),
    updatedSeq: shownSeq.meta({ description: 'The number of its latest change.' }),
    type: z.enum(['text', 'image', 'file']),
    senderId: shownId,
    senderName: z.string().meta({ examples: ['ada'] }),
    senderAvatar: shownAvatar,
    ...shownContent,
    createdAt: shownTime,
    updatedAt: shownTime,
    channelId: shownId.nullable(),
    receiverId: shownId.nullable().meta({ examples: [null] }),
    clientId: shownText('9f0c5a62-1f0e-4a7b-8d53-0c2f4a1b7e90'),
  })
  .meta({ id: 'Message' });
export type Message = z.output<typeof messageSchema>;

/** A message at some moment: what both views are made of. Exactly one of `channelId` and `receiverId` is not null. */
export interface MessageState extends Readonly<Omit<Message, 'type' | keyof MessageContent>> {
  readonly content: MessageContent;
}

/** Data of `channel.message`, `direct.message` and `message.updated`. */
export const messageDataSchema = z.object({
  ...spelled(messageSchema.omit({ type: true, channelId: true, receiverId: true }).shape),
  channel_id: shownId.optional(),
  receiver_id: shownId.optional(),
  message_type: messageSchema.shape.type,
});
export type MessageData = z.output<typeof messageDataSchema>;

export const channelMessage = serverFrame('channel.message', messageDataSchema);
export const directMessage = serverFrame('direct.message', messageDataSchema);
export const messageUpdated = serverFrame('message.updated', messageDataSchema);

/** Which message it is, and its numbers: how the data of every event of a message begins. */
const messageIdentitySchema = messageDataSchema.pick({
  id: true,
  seq: true,
  updated_seq: true,
  channel_id: true,
  receiver_id: true,
});
export type MessageIdentity = z.output<typeof messageIdentitySchema>;

export const messageDeleted = serverFrame('message.deleted', messageIdentitySchema);

export function messageResource(message: MessageState): Message {
  const { content } = message;
  return {
    id: message.id,
    seq: message.seq,
    updatedSeq: message.updatedSeq,
    senderId: message.senderId,
    senderName: message.senderName,
    senderAvatar: message.senderAvatar,
    text: content.text,
    url: content.url,
    fileName: content.fileName,
    clientId: message.clientId,
    channelId: message.channelId,
    receiverId: message.receiverId,
    createdAt: message.createdAt,
    updatedAt: message.updatedAt,
    type: messageType(content.fileName, content.url),
  };
}

/** JSON text leaves out which of the two parties is undefined. */
export function messageData(message: MessageState): MessageData {
  const { content } = message;
  return {
    id: message.id,
    seq: message.seq,
    updated_seq: message.updatedSeq,
    channel_id: message.channelId ?? undefined,
    receiver_id: message.receiverId ?? undefined,
    sender_id: message.senderId,
    sender_name: message.senderName,
    sender_avatar: message.senderAvatar,
    text: content.text,
    url: content.url,
    file_name: content.fileName,
    message_type: messageType(content.fileName, content.url),
    client_id: message.clientId,
    created_at: message.createdAt,
    updated_at: message.updatedAt,
  };
}

/** Data of `message.deleted`. */
export function messageIdentity(message: MessageState): MessageIdentity {
  return {
    id: message.id,
    seq: message.seq,
    updated_seq: message.updatedSeq,
    channel_id: message.channelId ?? undefined,
    receiver_id: message.receiverId ?? undefined,
  };
}

type Something = Partial<Record<'text' | 'url' | 'fileName' | 'file_name', string | null>>;

function hasContent({ text, url, fileName, file_name }: Something): boolean {
  return [text, url, fileName, file_name].some((given) => given !== null && given !== undefined);
}

/** POST `/messages`. */
export const sendMessageBody = z
  .object({ channelId: optionalId, receiverId: optionalId, ...givenContent, clientId })
  .refine((body) => (body.channelId === null) !== (body.receiverId === null), {
    message: 'exactly one of channelId, receiverId is needed',
    path: ['channelId'],
  })
  .refine(hasContent, { message: 'at least one of text, url, fileName is needed', path: ['text'] })
  .meta({ id: 'SendMessageBody' });
export type SendMessageBody = z.output<typeof sendMessageBody>;

/** PATCH `/messages/:id`. */
export const editMessageBody = z.object({ text: storable().min(1) }).meta({ id: 'EditMessageBody' });

/** `fileName` is how clients of the former service write it. */
const frameContent = { ...spelled(givenContent), fileName: givenContent.fileName, client_id: clientId };
const NO_CONTENT = { message: 'at least one of text, url, file_name is needed', path: ['text'] };

/** What comes by either name goes on by one. */
function withOneName<C extends Record<'file_name' | 'fileName', string | null>>({ fileName, ...data }: C) {
  return { ...data, file_name: data.file_name ?? fileName };
}

/** It is stored. `duplicate`: by an earlier attempt with the same `client_id`. */
const stored = ackOf({ id: shownId, seq: shownSeq, created_at: shownTime, duplicate: z.boolean() });

export const sendToChannel = clientFrame({
  type: 'channel.message',
  data: z
    .object({ channel_id: id, ...frameContent })
    .refine(hasContent, NO_CONTENT)
    .transform(withOneName),
  answer: stored,
});

export const sendToUser = clientFrame({
  type: 'direct.message',
  data: z
    .object({ receiver_id: id, ...frameContent })
    .refine(hasContent, NO_CONTENT)
    .transform(withOneName),
  answer: stored,
});
type MessageFrame = z.output<typeof sendToChannel.data> | z.output<typeof sendToUser.data>;

/** What a frame says, as the REST interface says it. */
export function bodyOfFrame(data: MessageFrame): SendMessageBody {
  return {
    channelId: 'channel_id' in data ? data.channel_id : null,
    receiverId: 'receiver_id' in data ? data.receiver_id : null,
    text: data.text,
    url: data.url,
    fileName: data.file_name,
    clientId: data.client_id,
  };
}
