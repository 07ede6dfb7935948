// Messages: pages of a conversation, sending, reading, editing and deleting one.
import { editMessageBody, messageResource, messageSchema, sendMessageBody } from '../../protocol/messages.ts';
import { friendParam, idParam, pageQuery } from '../../protocol/requests.ts';
import { answer, answerDone, answerOf, answerPage, doneSchema, pageOf } from '../answer.ts';
import type { AppDependencies } from '../dependencies.ts';
import { defineRoute, type Route, type Routes } from '../route.ts';

function listChannelMessages({ useCases: { messages } }: AppDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/messages/channel/:id',
    id: 'listChannelMessages',
    tag: 'Messages',
    summary: 'A page of the messages of a channel',
    description:
      'Oldest first. Without `before` and `after` the newest page; `before` gives the newest page that is older than that message, `after` the oldest page that is newer.',
    access: 'token',
    params: idParam,
    query: pageQuery,
    answers: { 200: ['The page', pageOf(messageSchema)] },
    errors: ['CHANNEL_NOT_FOUND'],
    run: async ({ actor, params, query }) => answerPage(await messages.channelPage(actor, params.id, query)),
  });
}

function listDirectMessages({ useCases: { messages } }: AppDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/messages/friend/:friendId',
    id: 'listDirectMessages',
    tag: 'Messages',
    summary: 'A page of the direct messages with a user',
    description: 'Oldest first, in pages like those of a channel.',
    access: 'account',
    params: friendParam,
    query: pageQuery,
    examples: { friendId: 1 },
    answers: { 200: ['The page', pageOf(messageSchema)] },
    errors: ['USER_NOT_FOUND'],
    run: async ({ principal, params, query }) =>
      answerPage(await messages.friendPage(principal, params.friendId, query)),
  });
}

function sendMessage({ useCases: { messages } }: AppDependencies): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/v1/messages',
    id: 'sendMessage',
    tag: 'Messages',
    summary: 'Send a message to a channel or to a user',
    description:
      'Exactly one of `channelId` and `receiverId`, and at least one of `text`, `url` and `fileName`. Sent again with the same `clientId` it is stored once.',
    access: 'token',
    body: sendMessageBody,
    example: { channelId: 1, text: 'Hello' },
    answers: {
      201: ['The stored message', answerOf(messageSchema)],
      200: ['The message that was sent with this clientId before, as it is now', answerOf(messageSchema)],
    },
    errors: ['CHANNEL_NOT_FOUND', 'USER_NOT_FOUND'],
    async run({ actor, body, deadline }) {
      const { message, duplicate } = await messages.send(actor, body, deadline);
      return answer(messageResource(message), duplicate ? 200 : 201);
    },
  });
}

function getMessage({ useCases: { messages } }: AppDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/messages/:id',
    id: 'getMessage',
    tag: 'Messages',
    summary: 'A message',
    description: 'For those who are party to its conversation.',
    access: 'account',
    params: idParam,
    answers: { 200: ['The message', answerOf(messageSchema)] },
    errors: ['MESSAGE_NOT_FOUND'],
    run: async ({ principal, params }) => answer(messageResource(await messages.get(principal, params.id))),
  });
}

function editMessage({ useCases: { messages } }: AppDependencies): Route {
  return defineRoute({
    method: 'PATCH',
    path: '/api/v1/messages/:id',
    id: 'editMessage',
    tag: 'Messages',
    summary: 'Change the text of a message',
    description: 'Its sender may, nobody else. Live members get `message.updated`.',
    access: 'account',
    params: idParam,
    body: editMessageBody,
    example: { text: 'Hello again' },
    answers: { 200: ['The message as it is now', answerOf(messageSchema)] },
    errors: ['FORBIDDEN', 'MESSAGE_NOT_FOUND'],
    run: async ({ principal, params, body, deadline }) =>
      answer(messageResource(await messages.edit(principal, params.id, body.text, deadline))),
  });
}

function deleteMessage({ useCases: { messages } }: AppDependencies): Route {
  return defineRoute({
    method: 'DELETE',
    path: '/api/v1/messages/:id',
    id: 'deleteMessage',
    tag: 'Messages',
    summary: 'Delete a message',
    description: 'Its sender, the owner of the channel and admins may. Live members get `message.deleted`.',
    access: 'account',
    params: idParam,
    answers: { 200: ['Deleted', doneSchema] },
    errors: ['FORBIDDEN', 'MESSAGE_NOT_FOUND'],
    async run({ principal, params, deadline }) {
      await messages.remove(principal, params.id, deadline);
      return answerDone('Message deleted');
    },
  });
}

export const MESSAGE_ROUTES: Routes = [
  listChannelMessages,
  listDirectMessages,
  sendMessage,
  getMessage,
  editMessage,
  deleteMessage,
];
