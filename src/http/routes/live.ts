// Who is connected, and what admins may do about it.
import * as z from 'zod';
import { assertTextLength } from '../../chat/messages/text-length.ts';
import { ChatError } from '../../protocol/errors.ts';
import { broadcastBody, channelParam, userParam } from '../../protocol/requests.ts';
import { presenceQuery, presenceResource, presenceSchema } from '../../protocol/user-presence.ts';
import { answer, answerDone, answerOf, doneSchema } from '../answer.ts';
import type { AppDependencies } from '../dependencies.ts';
import { defineRoute, type Route, type Routes } from '../route.ts';

const ids = z.array(z.int());
const usersSchema = z.object({ users: ids, count: z.int() });
const membersSchema = z.object({ channelId: z.int(), members: ids, memberCount: z.int() });
const statsSchema = z.object({
  connectedUsers: z.int(),
  connections: z.int(),
  totalChannels: z.int(),
  channelMembers: z.array(z.object({ channelId: z.int(), memberCount: z.int() })),
  nodes: z.int(),
});

function getLiveStats({ live }: Pick<AppDependencies, 'live'>): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/ws/stats',
    id: 'getLiveStats',
    tag: 'Live',
    summary: 'Get connection statistics',
    description: 'The numbers cover all nodes of the service.',
    access: 'account',
    answers: { 200: ['The statistics', answerOf(statsSchema)] },
    run: async () => answer(await live.stats()),
  });
}

function listLiveUsers({ live }: Pick<AppDependencies, 'live'>): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/ws/users',
    id: 'listLiveUsers',
    tag: 'Live',
    summary: 'List connected users',
    description: 'Returns the ids of all users who are connected to any node of the service.',
    access: 'account',
    answers: { 200: ['The ids of the users', answerOf(usersSchema)] },
    async run() {
      const users = await live.users();
      return answer({ users, count: users.length });
    },
  });
}

function getPresence({ live }: Pick<AppDependencies, 'live'>): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/users/presence',
    id: 'getPresence',
    tag: 'Live',
    summary: 'Get who is there',
    description:
      'Returns the presence of those of up to 100 `ids` who share a channel or a direct conversation with the signed-in user and do not hide. All others are in `hidden`, also ids of nobody and one’s own. A user is offline 15 seconds after the last connection ended.',
    access: 'account',
    query: presenceQuery,
    examples: { ids: '2' },
    answers: { 200: ['The presence of these users', answerOf(presenceSchema)] },
    async run({ principal, query: { ids } }) {
      const users = (await live.statuses(principal.id, ids)).map(presenceResource);
      const shown = new Set(users.map(({ userId }) => userId));
      return answer({ users, hidden: ids.filter((id) => !shown.has(id)) });
    },
  });
}

function disconnectUser({ live }: Pick<AppDependencies, 'live'>): Route {
  return defineRoute({
    method: 'DELETE',
    path: '/api/v1/ws/users/:userId',
    id: 'disconnectUser',
    tag: 'Live',
    summary: 'Close all connections of a user',
    description: 'Only admins may disconnect users. The connections are closed with code 4403, on every node.',
    access: 'admin',
    params: userParam,
    examples: { userId: 2 },
    answers: { 200: ['The user was disconnected', doneSchema] },
    errors: ['USER_NOT_FOUND'],
    async run({ params }) {
      const disconnected = await live.disconnect(params.userId);
      if (!disconnected) throw new ChatError('USER_NOT_FOUND', 'The user has no connection');
      return answerDone('User disconnected');
    },
  });
}

function listLiveMembers({ live, useCases: { channels } }: AppDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/ws/channels/:channelId/members',
    id: 'listLiveMembers',
    tag: 'Live',
    summary: 'List the users who are live in a channel',
    description: 'Only members of the channel and admins may list them.',
    access: 'account',
    params: channelParam,
    answers: { 200: ['The ids of the users', answerOf(membersSchema)] },
    errors: ['CHANNEL_NOT_FOUND'],
    async run({ principal, params: { channelId } }) {
      await channels.assertVisible(principal, channelId);
      const members = await live.members(channelId);
      return answer({ channelId, members, memberCount: members.length });
    },
  });
}

function broadcast({ useCases: { channels }, announce, maxTextLength }: AppDependencies): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/v1/ws/channels/:channelId/broadcast',
    id: 'broadcast',
    tag: 'Live',
    summary: 'Broadcast a message to a channel',
    description:
      'Only admins may broadcast messages. Everybody who is live in the channel receives the message as `admin.message`. It is not stored.',
    access: 'admin',
    params: channelParam,
    body: broadcastBody,
    example: { message: 'Tea is ready' },
    answers: { 200: ['The message was sent', doneSchema] },
    errors: ['CHANNEL_NOT_FOUND'],
    async run({ principal, params: { channelId }, body: { message, type } }) {
      assertTextLength('message', message, maxTextLength);
      await channels.assertVisible(principal, channelId);
      await announce({ type: 'admin.message', channelId, message, kind: type });
      return answerDone('Message sent');
    },
  });
}

export const LIVE_ROUTES: Routes = [
  getLiveStats,
  listLiveUsers,
  getPresence,
  disconnectUser,
  listLiveMembers,
  broadcast,
];
