// Who is live, and what admins may do about it.
import { Hono } from 'hono';
import * as z from 'zod';
import type { Announce } from '../../chat/announce.ts';
import type { Channels } from '../../chat/channels/channels.ts';
import { assertTextLength } from '../../chat/messages/text-length.ts';
import { ChatError } from '../../protocol/errors.ts';
import { broadcastBody, channelParam, userParam } from '../../protocol/requests.ts';
import type { PresenceQueries } from '../../realtime/presence/queries.ts';
import { answer, answerDone, answerOf, doneSchema } from '../answer.ts';
import { BODY_ERRORS, describe } from '../describe.ts';
import type { HttpEnvironment } from '../environment.ts';
import { adminOnly } from '../middleware/signed-in.ts';
import { type JsonBody, params } from '../validate.ts';

export interface LiveRouteDependencies {
  readonly live: PresenceQueries;
  readonly channels: Channels;
  readonly announce: Announce;
  readonly jsonBody: JsonBody;
  /** Most UTF-16 units of what is broadcast. */
  readonly maxTextLength: number;
}

export function liveRoutes(deps: LiveRouteDependencies): Hono<HttpEnvironment> {
  const { live, channels, announce, jsonBody, maxTextLength } = deps;
  return new Hono<HttpEnvironment>()
    .get('/stats', getLiveStats, async (c) => answer(c, await live.stats()))
    .get('/users', listLiveUsers, async (c) => {
      const users = await live.users();
      return answer(c, { users, count: users.length });
    })
    .delete('/users/:userId', adminOnly, disconnectUser, params(userParam), async (c) => {
      const disconnected = await live.disconnect(c.req.valid('param').userId);
      if (!disconnected) throw new ChatError('USER_NOT_FOUND', 'The user has no connection');
      return answerDone(c, 'User disconnected');
    })
    .get('/channels/:channelId/members', listLiveMembers, params(channelParam), async (c) => {
      const { channelId } = c.req.valid('param');
      await channels.assertVisible(c.get('principal'), channelId);
      const members = await live.members(channelId);
      return answer(c, { channelId, members, memberCount: members.length });
    })
    .post(
      '/channels/:channelId/broadcast',
      adminOnly,
      broadcast,
      params(channelParam),
      jsonBody(broadcastBody),
      async (c) => {
        const { channelId } = c.req.valid('param');
        const { message, type } = c.req.valid('json');
        assertTextLength('message', message, maxTextLength);
        await channels.assertVisible(c.get('principal'), channelId);
        await announce({ type: 'admin.message', channelId, message, kind: type });
        return answerDone(c, 'Message sent');
      },
    );
}

const tag = 'Live';

const ids = z.array(z.int());
const statsSchema = z.object({
  connectedUsers: z.int(),
  connections: z.int(),
  totalChannels: z.int(),
  channelMembers: z.array(z.object({ channelId: z.int(), memberCount: z.int() })),
  nodes: z.int(),
});

const getLiveStats = describe({
  id: 'getLiveStats',
  tag,
  summary: 'How many are connected',
  description: 'Counted over all nodes.',
  answers: { 200: ['The figures', answerOf(statsSchema)] },
});

const listLiveUsers = describe({
  id: 'listLiveUsers',
  tag,
  summary: 'Who is connected',
  description: 'The ids of all users who have a connection, over all nodes.',
  answers: { 200: ['The ids of the users', answerOf(z.object({ users: ids, count: z.int() }))] },
});

const disconnectUser = describe({
  id: 'disconnectUser',
  tag,
  summary: 'Close all connections of a user',
  description: 'Admins may. The connections end with 4403, on every node.',
  examples: { userId: 2 },
  answers: { 200: ['Disconnected', doneSchema] },
  errors: ['VALIDATION_FAILED', 'FORBIDDEN', 'USER_NOT_FOUND'],
});

const listLiveMembers = describe({
  id: 'listLiveMembers',
  tag,
  summary: 'Who is live in a channel',
  description: 'Its members and admins may.',
  answers: {
    200: ['The ids of the users', answerOf(z.object({ channelId: z.int(), members: ids, memberCount: z.int() }))],
  },
  errors: ['VALIDATION_FAILED', 'CHANNEL_NOT_FOUND'],
});

const broadcast = describe({
  id: 'broadcast',
  tag,
  summary: 'Tell everybody who is live in a channel something',
  description: 'Admins may. It comes as `admin.message` and is not stored.',
  example: { message: 'Tea is ready' },
  answers: { 200: ['Sent', doneSchema] },
  errors: [...BODY_ERRORS, 'FORBIDDEN', 'CHANNEL_NOT_FOUND'],
});
