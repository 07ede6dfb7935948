// What clients send to the REST interface: paths, queries, and bodies that no noun's own file has (channels.ts,
// messages.ts). Unknown fields are ignored. The acting user is the token's.
import * as z from 'zod';
import { avatar } from './avatar.ts';
import { documented, id, queryIds, queryNumber, storable } from './fields.ts';
import { LIMITS } from './limits.ts';
import { newPassword, password } from './password.ts';
import { username, usernamePart } from './username.ts';

const newEmail = documented(
  storable().trim().toLowerCase().max(LIMITS.EMAIL_MAX).pipe(z.email('must be an email address')),
  z.string().max(LIMITS.EMAIL_MAX).meta({ format: 'email' }),
);

export const registerBody = z.object({ username, email: newEmail, password: newPassword }).meta({ id: 'RegisterBody' });
export type RegisterBody = z.output<typeof registerBody>;

export const loginBody = z
  .object({
    email: storable().trim().min(1).max(LIMITS.EMAIL_MAX),
    password,
  })
  .meta({ id: 'LoginBody' });
export type LoginBody = z.output<typeof loginBody>;

export const profileBody = z
  .object({
    currentPassword: password,
    // Any string, because a name of the former service may stay as it is. The account code checks a new name.
    username: documented(storable(), username).optional(),
    avatar: avatar.nullable().optional(),
    password: newPassword.optional(),
  })
  .meta({ id: 'ProfileBody' });
export type ProfileBody = z.output<typeof profileBody>;

export const searchQuery = z.object({ username: usernamePart });

export const memberBody = z.object({ userId: id }).meta({ id: 'MemberBody' });

export const pageQuery = z
  .object({
    limit: queryNumber(1, LIMITS.PAGE_MAX, LIMITS.PAGE_DEFAULT),
    before: id.optional(),
    after: id.optional(),
  })
  .refine((query) => query.before === undefined || query.after === undefined, {
    message: 'before and after exclude each other',
    path: ['before'],
  });
export type PageQuery = z.output<typeof pageQuery>;

export const messagesQuery = z.object({ ids: queryIds(LIMITS.MESSAGES_BY_ID_MAX) });

export const broadcastBody = z
  .object({
    message: storable().min(1),
    type: storable()
      .max(50)
      .optional()
      .transform((type) => type ?? 'admin'),
  })
  .meta({ id: 'BroadcastBody' });

export const idParam = z.object({ id });
export const friendParam = z.object({ friendId: id });
export const userParam = z.object({ userId: id });
export const channelParam = z.object({ channelId: id });
