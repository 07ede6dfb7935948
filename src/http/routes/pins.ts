// Pins: pinning a message, and the pinned messages of a conversation.
import * as z from 'zod';
import { messageResource, messageSchema } from '../../protocol/messages.ts';
import { friendParam, idParam } from '../../protocol/requests.ts';
import { answer, answerOf } from '../answer.ts';
import type { AppDependencies } from '../dependencies.ts';
import { defineRoute, type Route, type Routes } from '../route.ts';

const message = answerOf(messageSchema);
const messages = answerOf(z.array(messageSchema));

function pinMessage({ useCases: { pins } }: AppDependencies): Route {
  return defineRoute({
    method: 'PUT',
    path: '/api/v1/messages/:id/pin',
    id: 'pinMessage',
    tag: 'Messages',
    summary: 'Pin a message',
    description:
      'Any party of the conversation may pin a message, at most 50 in a conversation (`LIMIT_REACHED`). Members who are live receive `message.updated`. Nothing happens if it is pinned already.',
    access: 'account',
    params: idParam,
    answers: { 200: ['The message as it is now', message] },
    errors: ['MESSAGE_NOT_FOUND', 'LIMIT_REACHED'],
    run: async ({ principal, params, deadline }) =>
      answer(messageResource(await pins.pin(principal, params.id, deadline))),
  });
}

function unpinMessage({ useCases: { pins } }: AppDependencies): Route {
  return defineRoute({
    method: 'DELETE',
    path: '/api/v1/messages/:id/pin',
    id: 'unpinMessage',
    tag: 'Messages',
    summary: 'Unpin a message',
    description:
      'Any party of the conversation may unpin a message. Members who are live receive `message.updated`. Nothing happens if it is not pinned.',
    access: 'account',
    params: idParam,
    answers: { 200: ['The message as it is now', message] },
    errors: ['MESSAGE_NOT_FOUND'],
    run: async ({ principal, params, deadline }) =>
      answer(messageResource(await pins.unpin(principal, params.id, deadline))),
  });
}

function listChannelPins({ useCases: { pins } }: AppDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/channels/:id/pins',
    id: 'listChannelPins',
    tag: 'Messages',
    summary: 'List the pinned messages of a channel',
    description: 'Returns all of them, the newest pin first.',
    access: 'account',
    params: idParam,
    answers: { 200: ['The messages', messages] },
    errors: ['CHANNEL_NOT_FOUND'],
    run: async ({ principal, params }) =>
      answer((await pins.ofChannel(principal, params.id)).map((pinned) => messageResource(pinned))),
  });
}

function listDirectPins({ useCases: { pins } }: AppDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/messages/friend/:friendId/pins',
    id: 'listDirectPins',
    tag: 'Messages',
    summary: 'List the pinned direct messages with a user',
    description: 'Returns all of them, the newest pin first.',
    access: 'account',
    params: friendParam,
    examples: { friendId: 1 },
    answers: { 200: ['The messages', messages] },
    errors: ['USER_NOT_FOUND'],
    run: async ({ principal, params }) =>
      answer((await pins.ofFriend(principal, params.friendId)).map((pinned) => messageResource(pinned))),
  });
}

export const PIN_ROUTES: Routes = [pinMessage, unpinMessage, listChannelPins, listDirectPins];
