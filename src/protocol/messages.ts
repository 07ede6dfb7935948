// A message on the wire: what clients send and what they get. Its fields are defined once. The REST view (camelCase)
// and the data of frames (snake_case) are two spellings of them.
import * as z from 'zod';
import { fileUrl, id, optionalId, optionalText, storable } from './fields.ts';
import { ackOf, clientFrame, serverFrame } from './frame.ts';
import { LIMITS } from './limits.ts';
import { messageType } from './message-type.ts';
import { metadata, shownMetadata } from './metadata.ts';
import { shownPin } from './pins.ts';
import { countsData, type ReactionCounts, reactionCounts, reactionCountsData } from './reaction-counts.ts';
import { shownAvatar, shownId, shownSeq, shownText, shownTime } from './shown.ts';
import { spelled } from './spelling.ts';

/** What a message consists of: it has at least one of these. */
const givenBody = {
  text: optionalText(),
  url: optionalText(fileUrl),
  fileName: optionalText(storable().max(LIMITS.FILE_NAME_MAX)),
};

/** The content of a message, as senders may write it. Each field is stored in the column of `chats` with its name. */
const givenContent = {
  ...givenBody,
  replyToId: id.nullish(),
  silent: z.boolean().nullish(),
  metadata: metadata.nullish(),
};
export type GivenContent = Readonly<z.output<z.ZodObject<typeof givenContent>>>;

/**
 * The content of a message, as readers get it. The optional fields are there only if they are set, and none of them if
 * the message is deleted; the others are null then.
 */
const shownContent = {
  text: shownText('Hello'),
  url: shownText(null),
  fileName: shownText(null),
  replyToId: shownId.optional().meta({ description: 'The message that this one answers. It may be deleted by now.' }),
  silent: z.literal(true).optional().meta({ description: 'The message does not count as unread.' }),
  metadata: shownMetadata.optional(),
} satisfies Record<keyof GivenContent, z.ZodType>;

export type MessageContent = Readonly<z.output<z.ZodObject<typeof shownContent>>>;

export const CONTENT_FIELDS = Object.keys(shownContent) as ReadonlyArray<keyof MessageContent>;

/** The content of a deleted message. */
export const EMPTY_CONTENT: MessageContent = { text: null, url: null, fileName: null };

/** Picks the content out of a body or a row. Field by field, because that is much faster. */
export function contentOf(from: GivenContent): MessageContent {
  return {
    text: from.text,
    url: from.url,
    fileName: from.fileName,
    replyToId: from.replyToId ?? undefined,
    silent: from.silent || undefined,
    metadata: from.metadata ?? undefined,
  };
}

const clientId = optionalText(storable().max(LIMITS.CLIENT_ID_LENGTH));

/** A message in the REST interface. */
export const messageSchema = z
  .object({
    id: shownId,
    seq: shownSeq.meta({ description: "The number of the message in its conversation's log. It never changes." }),
    updatedSeq: shownSeq.meta({
      description: 'The number of the latest change of the message. At first it is the same as seq.',
    }),
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
    ...shownPin,
    reactions: reactionCounts.optional().meta({ description: 'Absent if there are none.' }),
  })
  .meta({ id: 'Message' });
export type Message = z.output<typeof messageSchema>;

/** The state of a message, from which both views are made. Exactly one of `channelId` and `receiverId` is not null. */
export interface MessageState extends Readonly<Omit<Message, 'type' | 'reactions' | keyof MessageContent>> {
  readonly content: MessageContent;
  readonly reactions?: ReactionCounts | undefined;
}

/** Data of `channel.message`, `direct.message` and `message.updated`. */
export const messageDataSchema = z.object({
  ...spelled(messageSchema.omit({ type: true, channelId: true, receiverId: true, reactions: true }).shape),
  channel_id: shownId.optional(),
  receiver_id: shownId.optional(),
  message_type: messageSchema.shape.type,
  reactions: reactionCountsData.optional(),
});
export type MessageData = z.output<typeof messageDataSchema>;

export const channelMessage = serverFrame('channel.message', messageDataSchema);
export const directMessage = serverFrame('direct.message', messageDataSchema);
export const messageUpdated = serverFrame('message.updated', messageDataSchema);

/** The fields that identify a message, and its numbers. The data of every event of a message begins with them. */
export const messageIdentitySchema = messageDataSchema.pick({
  id: true,
  seq: true,
  updated_seq: true,
  channel_id: true,
  receiver_id: true,
});
export type MessageIdentity = z.output<typeof messageIdentitySchema>;

export const messageDeleted = serverFrame('message.deleted', messageIdentitySchema);

/** What is undefined in it, JSON leaves out. */
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
    replyToId: content.replyToId,
    silent: content.silent,
    metadata: content.metadata,
    clientId: message.clientId,
    channelId: message.channelId,
    receiverId: message.receiverId,
    createdAt: message.createdAt,
    updatedAt: message.updatedAt,
    type: messageType(content.fileName, content.url),
    pinnedAt: message.pinnedAt,
    pinnedBy: message.pinnedBy,
    reactions: message.reactions as Message['reactions'],
  };
}

/** The same, and of `channel_id` and `receiver_id` one is undefined. */
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
    reply_to_id: content.replyToId,
    silent: content.silent,
    metadata: content.metadata,
    message_type: messageType(content.fileName, content.url),
    client_id: message.clientId,
    created_at: message.createdAt,
    updated_at: message.updatedAt,
    pinned_at: message.pinnedAt,
    pinned_by: message.pinnedBy,
    reactions: message.reactions && countsData(message.reactions),
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

const BODY_FIELDS = Object.keys(givenBody);
const FRAME_BODY_FIELDS = Object.keys(spelled(givenBody));
const ANY_SPELLING: readonly string[] = [...new Set([...BODY_FIELDS, ...FRAME_BODY_FIELDS])];

function hasContent(given: Readonly<Record<string, unknown>>): boolean {
  return ANY_SPELLING.some((name) => (given[name] ?? null) !== null);
}

/** What a message without content is refused with. The names are those that the sender may have meant. */
function lacksContent(names: readonly string[]) {
  return { message: `at least one of ${names.join(', ')} is needed`, path: ['text'] };
}

/** POST `/messages`. */
export const sendMessageBody = z
  .object({ channelId: optionalId, receiverId: optionalId, ...givenContent, clientId })
  .refine((body) => (body.channelId === null) !== (body.receiverId === null), {
    message: 'exactly one of channelId, receiverId is needed',
    path: ['channelId'],
  })
  .refine(hasContent, lacksContent(BODY_FIELDS))
  .meta({ id: 'SendMessageBody' });
export type SendMessageBody = z.output<typeof sendMessageBody>;

/** Clients of the former service write `fileName`. */
const frameContent = { ...spelled(givenContent), fileName: givenContent.fileName, client_id: clientId };
const NO_CONTENT = lacksContent(FRAME_BODY_FIELDS);

/** The message is stored. `duplicate` is true if an earlier attempt with the same `client_id` stored it. */
const stored = ackOf({ id: shownId, seq: shownSeq, created_at: shownTime, duplicate: z.boolean() });

export const sendToChannel = clientFrame({
  type: 'channel.message',
  data: z.object({ channel_id: id, ...frameContent }).refine(hasContent, NO_CONTENT),
  answer: stored,
});

export const sendToUser = clientFrame({
  type: 'direct.message',
  data: z.object({ receiver_id: id, ...frameContent }).refine(hasContent, NO_CONTENT),
  answer: stored,
});
type MessageFrame = z.output<typeof sendToChannel.data> | z.output<typeof sendToUser.data>;

/** The body of the REST call that does what this frame does. */
export function bodyOfFrame(data: MessageFrame): SendMessageBody {
  return {
    channelId: 'channel_id' in data ? data.channel_id : null,
    receiverId: 'receiver_id' in data ? data.receiver_id : null,
    text: data.text,
    url: data.url,
    fileName: data.file_name ?? data.fileName,
    replyToId: data.reply_to_id,
    silent: data.silent,
    metadata: data.metadata,
    clientId: data.client_id,
  };
}
