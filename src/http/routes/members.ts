// Who is in a channel: adding, removing, leaving.
import { Hono, type MiddlewareHandler } from 'hono';
import type * as z from 'zod';
import type { Members } from '../../chat/members/members.ts';
import { idParam, memberBody } from '../../protocol/requests.ts';
import { answerDone, doneSchema } from '../answer.ts';
import { BODY_ERRORS, describe, type Operation } from '../describe.ts';
import type { HttpContext, HttpEnvironment } from '../environment.ts';
import { type JsonBody, params } from '../validate.ts';

export interface MemberRouteDependencies {
  readonly members: Members;
  readonly jsonBody: JsonBody;
  readonly queryOrJsonBody: JsonBody;
}

export function memberRoutes({ members, jsonBody, queryOrJsonBody }: MemberRouteDependencies): Hono<HttpEnvironment> {
  async function add(c: HttpContext, { id }: Id, { userId }: Member): Promise<Response> {
    await members.add(c.get('principal'), id, userId);
    return answerDone(c, 'User added');
  }

  async function remove(c: HttpContext, { id }: Id, { userId }: Member): Promise<Response> {
    await members.remove(c.get('principal'), id, userId);
    return answerDone(c, 'User removed');
  }

  async function leave(c: HttpContext, { id }: Id): Promise<Response> {
    await members.leave(c.get('principal'), id);
    return answerDone(c, 'Channel left');
  }

  const id = params(idParam);
  const member = jsonBody(memberBody);
  const memberAnywhere = queryOrJsonBody(memberBody);

  return new Hono<HttpEnvironment>()
    .post('/:id/users', describe(addMember), id, member, (c) => add(c, c.req.valid('param'), c.req.valid('json')))
    .delete('/:id/users', describe(removeMember), id, memberAnywhere, (c) =>
      remove(c, c.req.valid('param'), c.req.valid('json')),
    )
    .post('/:id/leave', describe(leaveChannel), id, (c) => leave(c, c.req.valid('param')))
    .post('/:id/user', former(addMember), id, member, (c) => add(c, c.req.valid('param'), c.req.valid('json')))
    .delete('/:id/user', former(removeMember), id, memberAnywhere, (c) =>
      remove(c, c.req.valid('param'), c.req.valid('json')),
    )
    .put('/:id/user', former(leaveChannel), id, (c) => leave(c, c.req.valid('param')));
}

type Id = z.output<typeof idParam>;
type Member = z.output<typeof memberBody>;

/** The same call under the name that clients of the former service use. */
function former(operation: Operation): MiddlewareHandler {
  return describe({
    ...operation,
    id: `${operation.id}ByFormerName`,
    description: `The name that clients of the former service use. ${operation.description}`,
    deprecated: true,
  });
}

const tag = 'Channels';

const addMember: Operation = {
  id: 'addMember',
  tag,
  summary: 'Add a user to a group',
  description: 'Its owner may. All connections of the user hear of it.',
  example: { userId: 2 },
  answers: { 200: ['Added', doneSchema] },
  errors: [...BODY_ERRORS, 'DIRECT_CHANNEL', 'FORBIDDEN', 'CHANNEL_NOT_FOUND', 'USER_NOT_FOUND', 'ALREADY_MEMBER'],
};

const removeMember: Operation = {
  id: 'removeMember',
  tag,
  summary: 'Remove a user from a group',
  description:
    'Its owner may. The user is named in the query or in the body; their connections leave the channel at once.',
  example: { userId: 2 },
  examples: { userId: 2 },
  answers: { 200: ['Removed', doneSchema] },
  errors: [
    ...BODY_ERRORS,
    ...(['CANNOT_REMOVE_OWNER', 'DIRECT_CHANNEL', 'FORBIDDEN', 'CHANNEL_NOT_FOUND', 'USER_NOT_FOUND'] as const),
  ],
};

const leaveChannel: Operation = {
  id: 'leaveChannel',
  tag,
  summary: 'Leave a group',
  description: 'A group passes from its owner to the longest-standing member, and ends with the last.',
  answers: { 200: ['Left', doneSchema] },
  errors: ['VALIDATION_FAILED', 'DIRECT_CHANNEL', 'CHANNEL_NOT_FOUND'],
};
