// Who is in a channel: adding, removing, leaving.
import { idParam, memberBody } from '../../protocol/requests.ts';
import { answerDone, doneSchema } from '../answer.ts';
import type { AppDependencies } from '../dependencies.ts';
import { defineRoute, type Route, type Routes } from '../route.ts';

function addMember({ useCases: { members } }: AppDependencies): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/v1/channels/:id/users',
    id: 'addMember',
    tag: 'Channels',
    summary: 'Add a user to a group',
    description: 'Only the owner of the group may add users. All connections of the added user are notified.',
    access: 'account',
    params: idParam,
    body: memberBody,
    example: { userId: 2 },
    answers: { 200: ['The user was added', doneSchema] },
    errors: ['DIRECT_CHANNEL', 'FORBIDDEN', 'CHANNEL_NOT_FOUND', 'USER_NOT_FOUND', 'ALREADY_MEMBER'],
    async run({ principal, params, body }) {
      await members.add(principal, params.id, body.userId);
      return answerDone('User added');
    },
  });
}

function removeMember({ useCases: { members } }: AppDependencies): Route {
  return defineRoute({
    method: 'DELETE',
    path: '/api/v1/channels/:id/users',
    id: 'removeMember',
    tag: 'Channels',
    summary: 'Remove a user from a group',
    description:
      'Only the owner of the group may remove users. Give the user in the query or in the body. The connections of the removed user leave the channel at once.',
    access: 'account',
    params: idParam,
    fields: memberBody,
    example: { userId: 2 },
    examples: { userId: 2 },
    answers: { 200: ['The user was removed', doneSchema] },
    errors: ['CANNOT_REMOVE_OWNER', 'DIRECT_CHANNEL', 'FORBIDDEN', 'CHANNEL_NOT_FOUND', 'USER_NOT_FOUND'],
    async run({ principal, params, fields }) {
      await members.remove(principal, params.id, fields.userId);
      return answerDone('User removed');
    },
  });
}

function leaveChannel({ useCases: { members } }: AppDependencies): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/v1/channels/:id/leave',
    id: 'leaveChannel',
    tag: 'Channels',
    summary: 'Leave a group',
    description:
      'When the owner leaves, the longest-standing remaining member becomes the owner. When the last member leaves, the group is deleted.',
    access: 'account',
    params: idParam,
    answers: { 200: ['The signed-in user has left the group', doneSchema] },
    errors: ['DIRECT_CHANNEL', 'CHANNEL_NOT_FOUND'],
    async run({ principal, params }) {
      await members.leave(principal, params.id);
      return answerDone('Channel left');
    },
  });
}

const FORMER_PATH = '/api/v1/channels/:id/user';

const addMemberByFormerName = (deps: AppDependencies) => former(addMember(deps), 'POST');
const removeMemberByFormerName = (deps: AppDependencies) => former(removeMember(deps), 'DELETE');
const leaveChannelByFormerName = (deps: AppDependencies) => former(leaveChannel(deps), 'PUT');

/** The same call under the name that clients of the former service use. */
function former(route: Route, method: Route['method']): Route {
  return {
    ...route,
    method,
    path: FORMER_PATH,
    id: `${route.id}ByFormerName`,
    description: `${route.description} This path is for clients of the former service.`,
    deprecated: true,
  };
}

export const MEMBER_ROUTES: Routes = [
  addMember,
  removeMember,
  leaveChannel,
  addMemberByFormerName,
  removeMemberByFormerName,
  leaveChannelByFormerName,
];
