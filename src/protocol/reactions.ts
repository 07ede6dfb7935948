// Reactions: what users send to react to a message, what live readers hear of it, and who reacted.
import * as z from 'zod';
import { documented, id, optionalId, queryNumber, seq, storable } from './fields.ts';
import { ackOf, clientFrame, serverFrame } from './frame.ts';
import { LIMITS } from './limits.ts';
import { type MessageState, messageIdentity, messageIdentitySchema } from './messages.ts';
import { countsData, reactionCountsData } from './reaction-counts.ts';
import { shownAvatar, shownId, shownSeq, shownTime } from './shown.ts';

const bytes = new TextEncoder();

function isEmoji(text: string): boolean {
  const { length } = bytes.encode(text);
  return length >= 1 && length <= LIMITS.EMOJI_BYTES_MAX && !/\p{Cc}/u.test(text);
}

/** Any short string without control characters. Decodes to its composed form (NFC), which is what is measured. */
export const emoji = documented(
  storable()
    .transform((text) => text.normalize('NFC'))
    .refine(isEmoji, `must have 1 to ${LIMITS.EMOJI_BYTES_MAX} bytes and no control characters`),
  z.string().min(1).max(LIMITS.EMOJI_BYTES_MAX),
);

export const emojiParam = z.object({ id, emoji });

/** Of PUT. Any other value than `true` is as if it were left out. */
export const replaceQuery = z.object({
  replace: documented(
    z
      .string()
      .optional()
      .transform((given) => given === 'true'),
    z.boolean().default(false),
  ),
});

const updated = ackOf({ updated_seq: shownSeq });

export const addReaction = clientFrame({
  type: 'reaction.add',
  data: z.object({ message_id: id, emoji, replace: z.boolean().nullish() }),
  answer: updated,
});

export const removeReaction = clientFrame({
  type: 'reaction.remove',
  data: z.object({ message_id: id, emoji, replace: z.boolean().nullish() }),
  answer: updated,
});

const change = z.object({ user_id: shownId, emoji: z.string(), action: z.enum(['added', 'removed']) });
/** One user's reaction that came or went. */
export type ReactionChange = z.output<typeof change>;

/** All reactions to a message after these changes, which were stored together. */
export const messageReacted = serverFrame(
  'message.reacted',
  messageIdentitySchema.extend({
    reactions: reactionCountsData,
    changes: z.array(change).min(1).max(LIMITS.REACTION_CHANGES_MAX),
  }),
);

export function reactedData(message: MessageState, changes: ReactionChange[]): z.output<typeof messageReacted.data> {
  return { ...messageIdentity(message), reactions: countsData(message.reactions ?? []), changes };
}

/** Who reacted to a message: one for each user and emoji. */
export const reactionSchema = z
  .object({
    userId: shownId,
    username: z.string().meta({ examples: ['ada'] }),
    avatar: shownAvatar,
    emoji: z.string().meta({ examples: ['👍'] }),
    createdAt: shownTime,
  })
  .meta({ id: 'Reaction' });
export type Reaction = z.output<typeof reactionSchema>;

export const reactionsQuery = z.object({
  emoji: emoji.optional(),
  after: id.optional(),
  limit: queryNumber(1, LIMITS.PAGE_MAX, LIMITS.PAGE_DEFAULT),
});
export type ReactionsQuery = z.output<typeof reactionsQuery>;

export const ownReactionSchema = z
  .object({ messageId: shownId, emoji: z.string().meta({ examples: ['👍'] }) })
  .meta({ id: 'OwnReaction' });
export type OwnReaction = z.output<typeof ownReactionSchema>;

/** `from` and `to` are numbers of the log, both included. */
export const ownReactionsQuery = z
  .object({ channelId: optionalId, userId: optionalId, from: seq.optional(), to: seq.optional() })
  .refine(({ channelId, userId }) => (channelId === null) !== (userId === null), {
    message: 'exactly one of channelId, userId is needed',
    path: ['channelId'],
  });
export type OwnReactionsQuery = z.output<typeof ownReactionsQuery>;
