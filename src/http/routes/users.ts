// The signed-in user's own profile, and finding others.
import * as z from 'zod';
import { settingsBody, settingsSchema } from '../../protocol/conversations.ts';
import { profileBody, searchQuery } from '../../protocol/requests.ts';
import { ownUserSchema, userSchema } from '../../protocol/resources.ts';
import { answer, answerOf } from '../answer.ts';
import type { AppDependencies } from '../dependencies.ts';
import { defineRoute, type Route, type Routes } from '../route.ts';

function getProfile({ useCases: { accounts } }: AppDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/users/profile',
    id: 'getProfile',
    tag: 'Users',
    summary: 'Get the signed-in user',
    description: 'Returns the profile of the signed-in user, including the email address.',
    access: 'account',
    answers: { 200: ['The user', answerOf(ownUserSchema)] },
    run: ({ principal }) => answer(accounts.profile(principal)),
  });
}

function updateProfile({ useCases: { accounts } }: AppDependencies): Route {
  return defineRoute({
    method: 'PUT',
    path: '/api/v1/users/profile',
    id: 'updateProfile',
    tag: 'Users',
    summary: 'Update the signed-in user',
    description:
      'Changes the username, the avatar or the password. The current password is required. A new password ends all other tokens of the user.',
    access: 'account',
    body: profileBody,
    example: { currentPassword: 'tea at four', avatar: 'https://example.com/ada.png' },
    answers: { 200: ['The user as it is now', answerOf(ownUserSchema)] },
    errors: ['WRONG_PASSWORD', 'USERNAME_TAKEN'],
    run: async ({ principal, body, token, address, deadline }) =>
      answer(await accounts.updateProfile(principal, body, token, address(), deadline)),
  });
}

function updateSettings({ useCases: { accounts } }: AppDependencies): Route {
  return defineRoute({
    method: 'PATCH',
    path: '/api/v1/users/settings',
    id: 'updateSettings',
    tag: 'Users',
    summary: 'Change settings of the account',
    description:
      'Changes the given settings and returns all of them. `receipts`: others see what you have read. `showPresence`: others see that you are there. `directMessages`: from `all`, or only from who shares a channel with you (`shared`).',
    access: 'account',
    body: settingsBody,
    example: { receipts: false },
    answers: { 200: ['The settings as they are now', answerOf(settingsSchema)] },
    run: async ({ principal, body }) => answer(await accounts.changeSettings(principal, body)),
  });
}

function searchUsers({ useCases: { accounts } }: AppDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/users/search',
    id: 'searchUsers',
    tag: 'Users',
    summary: 'Search users by name',
    description:
      'Returns users whose username contains the given text, in any letter case. A user with exactly that name comes first. `%` and `_` are ordinary characters. Email addresses are not searched.',
    access: 'account',
    query: searchQuery,
    examples: { username: 'ad' },
    answers: { 200: ['At most 10 matching users', answerOf(z.array(userSchema))] },
    run: async ({ principal, query }) => answer(await accounts.search(principal, query.username)),
  });
}

export const USER_ROUTES: Routes = [getProfile, updateProfile, updateSettings, searchUsers];
