// One call after an absence: what changed in a user's conversations and account.
import * as z from 'zod';
import { endReason, entrySchema, settingsSchema } from './conversations.ts';
import { documented, seq, since } from './fields.ts';
import { LIMITS } from './limits.ts';
import { totalsSchema } from './markers.ts';
import { ownUserSchema } from './resources.ts';
import { shownId, shownSeq, shownTime } from './shown.ts';

const NAME = /^[cd][1-9]\d{0,9}$/;

/** How far the client has come in each log, by `c7` or `d9`. */
const heads = documented(
  z
    .record(z.string().regex(NAME, 'must be c or d and an id'), seq)
    .refine((given) => Object.keys(given).length <= LIMITS.HEADS_MAX, `must not name more than ${LIMITS.HEADS_MAX}`),
  z.record(z.string(), z.int().min(0)).meta({ examples: [{}] }),
);

/** Where the next page begins: the first page's number of the account log, and what is left to send. */
const cursor = documented(
  z
    .string()
    .regex(/^\d{1,10}(\.[cd][0-9a-z]{1,6})+$/, 'is not one of ours')
    .nullish()
    .transform((given) => given ?? undefined),
  z.string().optional(),
);

/** POST `/sync`. */
export const syncBody = z
  .object({
    since,
    heads: heads.nullish().transform((given) => given ?? undefined),
    limit: z.int().min(1).max(LIMITS.SYNC_MAX).default(LIMITS.SYNC_DEFAULT),
    cursor,
  })
  .meta({ id: 'SyncBody' });
export type SyncBody = z.output<typeof syncBody>;

/** A conversation in which the user has no part any more. */
export const removedSchema = z
  .object({ channelId: shownId.nullable(), userId: shownId.nullable(), reason: endReason, at: shownTime.nullable() })
  .meta({ id: 'RemovedConversation' });
export type RemovedConversation = z.output<typeof removedSchema>;

export const accountSchema = z
  .object({ user: ownUserSchema, settings: settingsSchema, blocked: z.array(shownId) })
  .meta({ id: 'Account' });
export type Account = z.output<typeof accountSchema>;

export const syncSchema = z
  .object({
    seq: shownSeq.meta({ description: 'What to give as `since` the next time.' }),
    conversations: z.array(entrySchema),
    removed: z.array(removedSchema),
    account: accountSchema.optional(),
    totals: totalsSchema,
    cursor: z.string().nullable().meta({ description: 'There is more: send it alone for the next page.' }),
  })
  .meta({ id: 'Sync' });
export type SyncPage = z.output<typeof syncSchema>;
