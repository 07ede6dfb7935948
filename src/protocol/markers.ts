// Up to where a user has read a conversation, and what that leaves unread: REST bodies and frames.
import * as z from 'zod';
import { listOf, optionalId, seq } from './fields.ts';
import { ackOf, clientFrame } from './frame.ts';
import { LIMITS } from './limits.ts';
import { shownId, shownSeq } from './shown.ts';

const shownCount = z
  .int()
  .min(0)
  .meta({ examples: [3] });

const ONE_CONVERSATION = (names: string, path: string) => ({
  message: `exactly one of ${names} is needed`,
  path: [path],
});

const markItem = z
  .object({ channelId: optionalId, userId: optionalId, seq })
  .refine(
    ({ channelId, userId }) => (channelId === null) !== (userId === null),
    ONE_CONVERSATION('channelId, userId', 'channelId'),
  )
  .meta({ id: 'MarkItem' });

/** POST `/conversations/read`: one, or a list. */
export const markReadBody = z
  .union([listOf(markItem).min(1).max(LIMITS.MARKS_MAX), markItem], 'must be an item or a list of at most 500 items')
  .meta({ id: 'MarkReadBody' });

/** A position in a conversation. Exactly one of `channelId` and `otherId` is not null. */
export interface MarkItem {
  readonly channelId: number | null;
  /** The other user of a direct conversation. */
  readonly otherId: number | null;
  readonly seq: number;
}

export function marksOfBody(body: z.output<typeof markReadBody>): MarkItem[] {
  const items = Array.isArray(body) ? body : [body];
  return items.map(({ channelId, userId, seq: position }) => ({ channelId, otherId: userId, seq: position }));
}

export const markedSchema = z
  .object({
    channelId: shownId.nullable(),
    userId: shownId.nullable().meta({ examples: [null] }),
    readSeq: shownSeq,
    unread: shownCount,
    mentions: shownCount,
  })
  .meta({ id: 'MarkedConversation' });
export type MarkedConversation = z.output<typeof markedSchema>;

export const totalsSchema = z
  .object({
    unread: shownCount,
    mentions: shownCount.meta({ description: 'Of muted conversations, only those that name you.' }),
    conversations: shownCount.meta({ description: 'How many conversations that are not muted have unread messages.' }),
  })
  .meta({ id: 'Totals' });
export type Totals = z.output<typeof totalsSchema>;

const position = z
  .object({ channel_id: optionalId, user_id: optionalId, seq })
  .refine(
    ({ channel_id, user_id }) => (channel_id === null) !== (user_id === null),
    ONE_CONVERSATION('channel_id, user_id', 'channel_id'),
  );
const marked = ackOf({ read_seq: z.int(), unread: z.int(), mentions: z.int() });

/** Moves the marker forward to this number of the log. */
export const markRead = clientFrame({ type: 'conversation.read', data: position, answer: marked });

/** Moves the marker back to just before this number. */
export const markUnread = clientFrame({ type: 'conversation.unread', data: position, answer: marked });

export function markOfFrame({ channel_id, user_id, seq: given }: z.output<typeof position>): MarkItem {
  return { channelId: channel_id, otherId: user_id, seq: given };
}
