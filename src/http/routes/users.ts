// The signed-in user's own profile, and finding others.
import { Hono } from 'hono';
import * as z from 'zod';
import type { Accounts } from '../../chat/accounts/accounts.ts';
import { profileBody, searchQuery } from '../../protocol/requests.ts';
import { ownUserSchema, userSchema } from '../../protocol/resources.ts';
import { answer, answerOf } from '../answer.ts';
import { BODY_ERRORS, describe } from '../describe.ts';
import type { HttpEnvironment } from '../environment.ts';
import type { AddressOf } from '../middleware/client-address.ts';
import { type JsonBody, query } from '../validate.ts';

export interface UserRouteDependencies {
  readonly accounts: Accounts;
  readonly jsonBody: JsonBody;
  readonly addressOf: AddressOf;
}

export function userRoutes({ accounts, jsonBody, addressOf }: UserRouteDependencies): Hono<HttpEnvironment> {
  return new Hono<HttpEnvironment>()
    .get('/profile', getProfile, (c) => answer(c, accounts.profile(c.get('principal'))))
    .put('/profile', updateProfile, jsonBody(profileBody), async (c) =>
      answer(
        c,
        await accounts.updateProfile(
          c.get('principal'),
          c.req.valid('json'),
          c.get('token'),
          addressOf(c),
          c.get('time').deadline,
        ),
      ),
    )
    .get('/search', searchUsers, query(searchQuery), async (c) =>
      answer(c, await accounts.search(c.get('actor'), c.req.valid('query').username)),
    );
}

const getProfile = describe({
  id: 'getProfile',
  tag: 'Users',
  summary: 'The signed-in user',
  description: "With the email address, which is the user's own.",
  answers: { 200: ['The user', answerOf(ownUserSchema)] },
});

const updateProfile = describe({
  id: 'updateProfile',
  tag: 'Users',
  summary: 'Change name, avatar or password',
  description: 'The current password confirms it. A new password ends all other tokens of the user.',
  example: { currentPassword: 'tea at four', avatar: 'https://example.com/ada.png' },
  answers: { 200: ['The user as it is now', answerOf(ownUserSchema)] },
  errors: [...BODY_ERRORS, 'WRONG_PASSWORD', 'USERNAME_TAKEN'],
});

const searchUsers = describe({
  id: 'searchUsers',
  tag: 'Users',
  summary: 'Find users by a part of their name',
  description:
    'Matched anywhere in the name, in any case; the very name first. `%` and `_` are plain characters. Not by email.',
  examples: { username: 'ad' },
  answers: { 200: ['At most 10 users', answerOf(z.array(userSchema))] },
  errors: ['VALIDATION_FAILED'],
});
