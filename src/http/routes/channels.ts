// Channels: listing, creating, reading, renaming and deleting them.
import * as z from 'zod';
import {
  channelDetailSchema,
  channelSchema,
  createChannelBody,
  directChannelSchema,
  updateChannelBody,
} from '../../protocol/channels.ts';
import { idParam } from '../../protocol/requests.ts';
import { answer, answerDone, answerOf, doneSchema } from '../answer.ts';
import type { AppDependencies } from '../dependencies.ts';
import { defineRoute, type Route, type Routes } from '../route.ts';

const listSchema = z.object({ direct: z.array(directChannelSchema), group: z.array(channelSchema) });

function listChannels({ useCases: { channels } }: AppDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/channels',
    id: 'listChannels',
    tag: 'Channels',
    summary: 'List channels',
    description:
      "Returns the channels of the signed-in user. The name and the avatar of a direct channel are the other user's email address and avatar. If the service keeps email addresses private, the name is the other user's username.",
    access: 'token',
    answers: { 200: ['The channels', answerOf(listSchema)] },
    run: async ({ actor }) => answer(await channels.list(actor)),
  });
}

function createChannel({ useCases: { channels } }: AppDependencies): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/v1/channels',
    id: 'createChannel',
    tag: 'Channels',
    summary: 'Create a channel',
    description:
      'Creates a group, or a direct channel with one other user. A group requires a name and takes up to 1000 other users. A direct channel requires exactly one other user.',
    access: 'account',
    body: createChannelBody,
    example: { type: 'group', name: 'Tea room' },
    answers: {
      201: ['The new channel', answerOf(channelSchema)],
      200: ['The direct channel that the two users already have', answerOf(channelSchema)],
    },
    errors: ['USER_NOT_FOUND'],
    async run({ principal, body, deadline }) {
      const { channel, created } = await channels.create(principal, body, deadline);
      return answer(channel, created ? 201 : 200);
    },
  });
}

function getChannel({ useCases: { channels } }: AppDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/channels/:id',
    id: 'getChannel',
    tag: 'Channels',
    summary: 'Get a channel with its members',
    description: 'Only members of the channel may get it.',
    access: 'account',
    params: idParam,
    answers: { 200: ['The channel', answerOf(channelDetailSchema)] },
    errors: ['CHANNEL_NOT_FOUND'],
    run: async ({ principal, params }) => answer(await channels.get(principal, params.id)),
  });
}

function renameChannel({ useCases: { channels } }: AppDependencies): Route {
  return defineRoute({
    method: 'PUT',
    path: '/api/v1/channels/:id',
    id: 'renameChannel',
    tag: 'Channels',
    summary: 'Rename a group',
    description: 'Any member of the group may rename it.',
    access: 'account',
    params: idParam,
    body: updateChannelBody,
    example: { name: 'Tea house' },
    answers: { 200: ['The channel as it is now', answerOf(channelSchema)] },
    errors: ['DIRECT_CHANNEL', 'CHANNEL_NOT_FOUND'],
    run: async ({ principal, params, body }) => answer(await channels.update(principal, params.id, body)),
  });
}

function deleteChannel({ useCases: { channels } }: AppDependencies): Route {
  return defineRoute({
    method: 'DELETE',
    path: '/api/v1/channels/:id',
    id: 'deleteChannel',
    tag: 'Channels',
    summary: 'Delete a channel',
    description: 'Only the owner of the channel may delete it. Members who are live in the channel are notified.',
    access: 'account',
    params: idParam,
    answers: { 200: ['The channel was deleted', doneSchema] },
    errors: ['FORBIDDEN', 'CHANNEL_NOT_FOUND'],
    async run({ principal, params }) {
      await channels.remove(principal, params.id);
      return answerDone('Channel deleted');
    },
  });
}

export const CHANNEL_ROUTES: Routes = [listChannels, createChannel, getChannel, renameChannel, deleteChannel];
