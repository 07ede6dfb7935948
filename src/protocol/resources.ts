// The resources of the REST interface, as clients get them. Times are ISO 8601 UTC.
import * as z from 'zod';
import { LIMITS } from './limits.ts';

const time = z.string().meta({ format: 'date-time', examples: ['2026-01-01T12:00:00.000Z'] });
const id = z
  .int()
  .min(1)
  .max(LIMITS.MAX_ID)
  .meta({ examples: [1] });
const seq = z
  .int()
  .min(0)
  .max(LIMITS.MAX_ID)
  .meta({ examples: [1] });
const avatar = z
  .string()
  .nullable()
  .meta({ examples: ['https://example.com/ada.png'] });

export const userSchema = z
  .object({
    id,
    username: z.string().meta({ examples: ['ada'] }),
    email: z.string().meta({ examples: ['ada@example.com'] }),
    avatar,
    createdAt: time,
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof userSchema>;

export const channelTypeSchema = z.enum(['direct', 'group']);
export type ChannelType = z.infer<typeof channelTypeSchema>;

export const channelSchema = z
  .object({
    id,
    name: z.string().meta({ examples: ['Tea room'] }),
    type: channelTypeSchema,
    ownerId: id,
    createdAt: time,
  })
  .meta({ id: 'Channel' });
export type Channel = z.infer<typeof channelSchema>;

/** A direct channel in the list: named and pictured by the other user. */
export const directChannelSchema = channelSchema.extend({ avatar }).meta({ id: 'DirectChannel' });
export type DirectChannel = z.infer<typeof directChannelSchema>;

export const memberSchema = userSchema.extend({ joinedAt: time }).meta({ id: 'Member' });
export type Member = z.infer<typeof memberSchema>;

export const channelDetailSchema = channelSchema
  .extend({ members: z.array(memberSchema) })
  .meta({ id: 'ChannelDetail' });
export type ChannelDetail = z.infer<typeof channelDetailSchema>;

export const messageSchema = z
  .object({
    id,
    seq: seq.meta({ description: 'The number of its being stored, in its conversation.' }),
    updatedSeq: seq.meta({ description: 'The number of its latest change.' }),
    type: z.enum(['text', 'image', 'file']),
    senderId: id,
    senderName: z.string().meta({ examples: ['ada'] }),
    senderAvatar: avatar,
    text: z
      .string()
      .nullable()
      .meta({ examples: ['Hello'] }),
    url: z
      .string()
      .nullable()
      .meta({ examples: [null] }),
    fileName: z
      .string()
      .nullable()
      .meta({ examples: [null] }),
    createdAt: time,
    updatedAt: time,
    channelId: id.nullable(),
    receiverId: id.nullable().meta({ examples: [null] }),
    clientId: z
      .string()
      .nullable()
      .meta({ examples: ['9f0c5a62-1f0e-4a7b-8d53-0c2f4a1b7e90'] }),
  })
  .meta({ id: 'Message' });
export type Message = z.infer<typeof messageSchema>;

/** One log of the signed-in user: exactly one of `channelId`, `userId` is not null. */
export const conversationSchema = z
  .object({
    channelId: id.nullable(),
    userId: id.nullable().meta({ examples: [null] }),
    lastSeq: seq,
    lastEventAt: time.nullable(),
  })
  .meta({ id: 'Conversation' });
export type Conversation = z.infer<typeof conversationSchema>;

export const paginationSchema = z
  .object({
    limit: z
      .int()
      .min(1)
      .max(LIMITS.PAGE_MAX)
      .meta({ examples: [LIMITS.PAGE_DEFAULT] }),
    before: id.nullable().meta({ examples: [null] }),
    after: id.nullable().meta({ examples: [null] }),
    hasMore: z.boolean().meta({ description: 'Whether there are more that way.', examples: [false] }),
  })
  .meta({ id: 'Pagination' });
export type Pagination = z.infer<typeof paginationSchema>;

export const sessionSchema = z.object({ user: userSchema, token: z.string() }).meta({ id: 'Session' });
