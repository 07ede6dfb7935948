// Channels: listing, making, reading, renaming and deleting them.
import { Hono } from 'hono';
import * as z from 'zod';
import type { Channels } from '../../chat/channels/channels.ts';
import { createChannelBody, idParam, renameChannelBody } from '../../protocol/requests.ts';
import { channelDetailSchema, channelSchema, directChannelSchema } from '../../protocol/resources.ts';
import { answer, answerDone, answerOf, doneSchema } from '../answer.ts';
import { BODY_ERRORS, describe } from '../describe.ts';
import type { HttpEnvironment } from '../environment.ts';
import { type JsonBody, params } from '../validate.ts';

export interface ChannelRouteDependencies {
  readonly channels: Channels;
  readonly jsonBody: JsonBody;
}

export function channelRoutes({ channels, jsonBody }: ChannelRouteDependencies): Hono<HttpEnvironment> {
  return new Hono<HttpEnvironment>()
    .get('/', listChannels, async (c) => answer(c, await channels.list(c.get('actor'))))
    .post('/', createChannel, jsonBody(createChannelBody), async (c) => {
      const { channel, created } = await channels.create(
        c.get('principal'),
        c.req.valid('json'),
        c.get('time').deadline,
      );
      return answer(c, channel, created ? 201 : 200);
    })
    .get('/:id', getChannel, params(idParam), async (c) =>
      answer(c, await channels.get(c.get('principal'), c.req.valid('param').id)),
    )
    .put('/:id', renameChannel, params(idParam), jsonBody(renameChannelBody), async (c) => {
      const { name } = c.req.valid('json');
      return answer(c, await channels.rename(c.get('principal'), c.req.valid('param').id, name));
    })
    .delete('/:id', deleteChannel, params(idParam), async (c) => {
      await channels.remove(c.get('principal'), c.req.valid('param').id);
      return answerDone(c, 'Channel deleted');
    });
}

const tag = 'Channels';

const listChannels = describe({
  id: 'listChannels',
  tag,
  summary: 'The channels of the signed-in user',
  description:
    "A direct channel goes by the other user's email (the username, where the service shows no emails) and avatar.",
  answers: {
    200: ['The channels', answerOf(z.object({ direct: z.array(directChannelSchema), group: z.array(channelSchema) }))],
  },
});

const createChannel = describe({
  id: 'createChannel',
  tag,
  summary: 'Make a group, or a direct channel with one other user',
  description: 'A group needs a name and takes up to 1000 others; a direct channel takes exactly one other user.',
  example: { type: 'group', name: 'Tea room' },
  answers: {
    201: ['The new channel', answerOf(channelSchema)],
    200: ['The direct channel that the two have already', answerOf(channelSchema)],
  },
  errors: [...BODY_ERRORS, 'USER_NOT_FOUND'],
});

const getChannel = describe({
  id: 'getChannel',
  tag,
  summary: 'A channel with its members',
  description: 'For its members.',
  answers: { 200: ['The channel', answerOf(channelDetailSchema)] },
  errors: ['VALIDATION_FAILED', 'CHANNEL_NOT_FOUND'],
});

const renameChannel = describe({
  id: 'renameChannel',
  tag,
  summary: 'Rename a group',
  description: 'Any member may.',
  example: { name: 'Tea house' },
  answers: { 200: ['The channel as it is now', answerOf(channelSchema)] },
  errors: [...BODY_ERRORS, 'DIRECT_CHANNEL', 'CHANNEL_NOT_FOUND'],
});

const deleteChannel = describe({
  id: 'deleteChannel',
  tag,
  summary: 'Delete a channel',
  description: 'Its owner may. Members who are live in it hear of it.',
  answers: { 200: ['Deleted', doneSchema] },
  errors: ['VALIDATION_FAILED', 'FORBIDDEN', 'CHANNEL_NOT_FOUND'],
});
