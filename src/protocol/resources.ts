// What the REST interface gives clients of users and members, and what goes with a list and a sign-in.
// Times are ISO 8601 UTC.
import * as z from 'zod';
import { LIMITS } from './limits.ts';
import { shownAvatar as avatar, shownId as id, shownTime as time } from './shown.ts';

export const userSchema = z
  .object({
    id,
    username: z.string().meta({ examples: ['ada'] }),
    email: z
      .string()
      .nullable()
      .meta({
        description: 'Null for users other than yourself, if this service keeps email addresses private.',
        examples: ['ada@example.com'],
      }),
    avatar,
    createdAt: time,
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof userSchema>;

/** The signed-in user. */
export const ownUserSchema = userSchema
  .extend({ email: z.string().meta({ examples: ['ada@example.com'] }) })
  .meta({ id: 'OwnUser' });
export type OwnUser = z.infer<typeof ownUserSchema>;

export const memberSchema = userSchema.extend({ joinedAt: time }).meta({ id: 'Member' });
export type Member = z.infer<typeof memberSchema>;

export const paginationSchema = z
  .object({
    limit: z
      .int()
      .min(1)
      .max(LIMITS.PAGE_MAX)
      .meta({ examples: [LIMITS.PAGE_DEFAULT] }),
    before: id.nullable().meta({ examples: [null] }),
    after: id.nullable().meta({ examples: [null] }),
    hasMore: z.boolean().meta({ description: 'Whether there are more messages in this direction.', examples: [false] }),
  })
  .meta({ id: 'Pagination' });
export type Pagination = z.infer<typeof paginationSchema>;

export const sessionSchema = z.object({ user: ownUserSchema, token: z.string() }).meta({ id: 'Session' });
