// The reactions to a message as readers see them: a field of the message.
import * as z from 'zod';
import { LIMITS } from './limits.ts';
import { shownId } from './shown.ts';
import { spelled } from './spelling.ts';

const shape = {
  emoji: z.string().meta({ examples: ['👍'] }),
  count: z
    .int()
    .min(1)
    .meta({ description: 'How many users there are.', examples: [1] }),
  userIds: z.array(shownId).max(LIMITS.REACTION_USERS_SHOWN).meta({ description: 'The first 20 of them.' }),
};

/** In the order in which the emoji were first used. */
export const reactionCounts = z.array(z.object(shape).meta({ id: 'ReactionCount' }));
export type ReactionCounts = ReadonlyArray<Readonly<z.output<typeof reactionCounts>[number]>>;

/** The same in frames. */
export const reactionCountsData = z.array(z.object(spelled(shape)));
export type ReactionCountsData = z.output<typeof reactionCountsData>;

export function countsData(counts: ReactionCounts): ReactionCountsData {
  return counts.map(({ emoji, count, userIds }) => ({ emoji, count, user_ids: [...userIds] }));
}
