// The resources of the REST interface, as clients get them. Times are ISO 8601 UTC.
import * as z from 'zod';

const time = z.string().meta({ format: 'date-time' });

export const userSchema = z
  .object({
    id: z.int(),
    username: z.string(),
    email: z.string(),
    avatar: z.string().nullable(),
    createdAt: time,
  })
  .meta({ ref: 'User' });
export type User = z.infer<typeof userSchema>;

export const channelTypeSchema = z.enum(['direct', 'group']);
export type ChannelType = z.infer<typeof channelTypeSchema>;

export const channelSchema = z
  .object({
    id: z.int(),
    name: z.string(),
    type: channelTypeSchema,
    ownerId: z.int(),
    createdAt: time,
  })
  .meta({ ref: 'Channel' });
export type Channel = z.infer<typeof channelSchema>;

/** A direct channel in the list: named and pictured by the other user. */
export const directChannelSchema = channelSchema
  .extend({ avatar: z.string().nullable() })
  .meta({ ref: 'DirectChannel' });
export type DirectChannel = z.infer<typeof directChannelSchema>;

export const memberSchema = userSchema.extend({ joinedAt: time }).meta({ ref: 'Member' });
export type Member = z.infer<typeof memberSchema>;

export const channelDetailSchema = channelSchema
  .extend({ members: z.array(memberSchema) })
  .meta({ ref: 'ChannelDetail' });
export type ChannelDetail = z.infer<typeof channelDetailSchema>;

export const messageSchema = z
  .object({
    id: z.int(),
    seq: z.int(),
    updatedSeq: z.int(),
    type: z.enum(['text', 'image', 'file']),
    senderId: z.int(),
    senderName: z.string(),
    senderAvatar: z.string().nullable(),
    text: z.string().nullable(),
    url: z.string().nullable(),
    fileName: z.string().nullable(),
    createdAt: time,
    updatedAt: time,
    channelId: z.int().nullable(),
    receiverId: z.int().nullable(),
    clientId: z.string().nullable(),
  })
  .meta({ ref: 'Message' });
export type Message = z.infer<typeof messageSchema>;

/** One log of the signed-in user: exactly one of `channelId`, `userId` is not null. */
export const conversationSchema = z
  .object({
    channelId: z.int().nullable(),
    userId: z.int().nullable(),
    lastSeq: z.int(),
    lastEventAt: time.nullable(),
  })
  .meta({ ref: 'Conversation' });
export type Conversation = z.infer<typeof conversationSchema>;

export const paginationSchema = z.object({
  limit: z.int(),
  before: z.int().nullable(),
  after: z.int().nullable(),
  hasMore: z.boolean(),
});
export type Pagination = z.infer<typeof paginationSchema>;

export const sessionSchema = z.object({ user: userSchema, token: z.string() }).meta({ ref: 'Session' });

export const errorSchema = z
  .object({
    success: z.literal(false),
    code: z.string(),
    message: z.string(),
    details: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    requestId: z.string(),
  })
  .meta({ ref: 'Error' });
