// A conversation as one user sees it: the entry, what the user may set of it, and settings of the account.
import * as z from 'zod';
import { channelTypeSchema } from './channels.ts';
import { documented } from './fields.ts';
import { LIMITS } from './limits.ts';
import { messageSchema } from './messages.ts';
import { metadata } from './metadata.ts';
import { shownAvatar, shownId, shownSeq, shownText, shownTime } from './shown.ts';

/** Why the user's part in a conversation ended. */
export const endReason = z.enum(['left', 'removed', 'banned', 'deleted']);
export type EndReason = z.output<typeof endReason>;

const notify = z.enum(['all', 'mentions', 'none']);
const shownCount = z
  .int()
  .min(0)
  .meta({ examples: [3] });
const object = z.record(z.string(), z.unknown()).meta({ examples: [{}] });

/** Exactly one of `channelId` and `userId` is not null. What a pair has not is null. */
export const entrySchema = z
  .object({
    channelId: shownId.nullable(),
    userId: shownId.nullable().meta({ examples: [null] }),
    type: channelTypeSchema,
    name: shownText('Tea room'),
    avatar: shownAvatar,
    user: z
      .object({ id: shownId, username: z.string(), avatar: shownAvatar })
      .nullable()
      .meta({ description: 'The other user of a direct conversation.' }),
    ownerId: shownId.nullable(),
    role: z.enum(['owner', 'moderator', 'member']).nullable(),
    memberCount: z
      .int()
      .nullable()
      .meta({ examples: [2] }),
    metadata: object.nullable(),
    updatedSeq: shownSeq.meta({ description: "The number of the latest change of the channel's own record." }),
    lastSeq: shownSeq,
    lastEventAt: shownTime.nullable(),
    messageCount: shownCount.meta({ description: 'How many messages that count were ever stored in it.' }),
    lastMessage: messageSchema.nullable(),
    readSeq: shownSeq.meta({ description: 'Your marker: everything up to this number is read.' }),
    unread: shownCount.meta({ description: 'Messages of others after the marker that are not deleted.' }),
    mentions: shownCount.meta({ description: 'How many of these mention you.' }),
    muted: z
      .union([z.boolean(), shownTime])
      .meta({ description: 'The time at which it ends, or whether.', examples: [false] }),
    archived: z.boolean(),
    favourite: z.boolean(),
    notify,
    ownMetadata: object,
    accountSeq: shownSeq.meta({
      description: "The account log's number of the latest change of the entry's own part.",
    }),
  })
  .meta({ id: 'Conversation' });
export type Entry = z.output<typeof entrySchema>;

/** A channel, or the other user of a pair. */
export interface ConversationName {
  readonly channelId: number | null;
  readonly userId: number | null;
}

/** `c7` or `d9`, in paths and maps. */
export const conversationName = documented(
  z
    .string()
    .regex(/^[cd][1-9]\d{0,9}$/, 'must be c or d and an id')
    .transform((name): ConversationName => {
      const id = Number(name.slice(1));
      return name.startsWith('c') ? { channelId: id, userId: null } : { channelId: null, userId: id };
    })
    .refine(({ channelId, userId }) => Number(channelId ?? userId) <= LIMITS.MAX_ID, 'must be c or d and an id'),
  z
    .string()
    .regex(/^[cd][1-9][0-9]{0,9}$/)
    .meta({ examples: ['c1'] }),
);

export const conversationParam = z.object({ log: conversationName });

/** PATCH `/conversations/:log`. */
export const conversationBody = z
  .object({
    muted: z.union([z.boolean(), z.iso.datetime({ offset: true })]).optional(),
    archived: z.boolean().optional(),
    favourite: z.boolean().optional(),
    notify: notify.optional(),
    ownMetadata: metadata.optional(),
  })
  .meta({ id: 'ConversationBody' });
export type ConversationBody = z.output<typeof conversationBody>;

export const settingsSchema = z
  .object({ receipts: z.boolean(), showPresence: z.boolean(), directMessages: z.enum(['all', 'shared']) })
  .meta({ id: 'Settings' });
export type Settings = z.output<typeof settingsSchema>;
export const DEFAULT_SETTINGS: Settings = { receipts: true, showPresence: true, directMessages: 'all' };

/** PATCH `/users/settings`. */
export const settingsBody = settingsSchema.partial().meta({ id: 'SettingsBody' });
