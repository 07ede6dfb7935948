// Who is in a channel: adding, removing, leaving.
import { Hono } from 'hono';
import { resolver } from 'hono-openapi';
import type { Members } from '../../chat/members.ts';
import { idParam, memberBody } from '../../protocol/requests.ts';
import { answerDone, doneSchema } from '../answer.ts';
import type { HttpEnvironment } from '../environment.ts';
import { BODY_ERRORS, describe } from '../openapi.ts';
import { type JsonBody, params } from '../validate.ts';

export interface MemberRouteDependencies {
  readonly members: Members;
  readonly jsonBody: JsonBody;
  readonly queryOrJsonBody: JsonBody;
}

export function memberRoutes({ members, jsonBody, queryOrJsonBody }: MemberRouteDependencies): Hono<HttpEnvironment> {
  return new Hono<HttpEnvironment>()
    .post('/:id/users', addMember, params(idParam), jsonBody(memberBody), async (c) => {
      await members.add(c.get('principal'), c.req.valid('param').id, c.req.valid('json').userId);
      return answerDone(c, 'User added');
    })
    .delete('/:id/users', removeMember, params(idParam), queryOrJsonBody(memberBody), async (c) => {
      await members.remove(c.get('principal'), c.req.valid('param').id, c.req.valid('json').userId);
      return answerDone(c, 'User removed');
    })
    .post('/:id/leave', leaveChannel, params(idParam), async (c) => {
      await members.leave(c.get('principal'), c.req.valid('param').id);
      return answerDone(c, 'Channel left');
    });
}

const tag = 'Channels';

const addMember = describe({
  id: 'addMember',
  tag,
  summary: 'Add a user to a group; its owner may',
  answers: { 200: ['Added', doneSchema] },
  errors: [...BODY_ERRORS, 'DIRECT_CHANNEL', 'FORBIDDEN', 'CHANNEL_NOT_FOUND', 'USER_NOT_FOUND', 'ALREADY_MEMBER'],
});

const removeMember = describe({
  id: 'removeMember',
  tag,
  summary: 'Remove a user from a group; its owner may. The user is named in the query or in the body',
  answers: { 200: ['Removed', doneSchema] },
  errors: [
    ...BODY_ERRORS,
    ...(['CANNOT_REMOVE_OWNER', 'DIRECT_CHANNEL', 'FORBIDDEN', 'CHANNEL_NOT_FOUND', 'USER_NOT_FOUND'] as const),
  ],
  more: {
    parameters: [{ in: 'query', name: 'userId', schema: { type: 'integer', minimum: 1 } }],
    requestBody: { required: false, content: { 'application/json': { schema: resolver(memberBody) } } },
  },
});

const leaveChannel = describe({
  id: 'leaveChannel',
  tag,
  summary: 'Leave a group; it passes from its owner to the longest-standing member, and ends with the last',
  answers: { 200: ['Left', doneSchema] },
  errors: ['VALIDATION_FAILED', 'DIRECT_CHANNEL', 'CHANNEL_NOT_FOUND'],
});
