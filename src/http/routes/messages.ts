// Messages: pages of a conversation, sending, reading, editing and deleting one.
import * as z from 'zod';
import { editMessageBody } from '../../protocol/message-edits.ts';
import { messageResource, messageSchema, sendMessageBody } from '../../protocol/messages.ts';
import { friendParam, idParam, messagesQuery, pageQuery } from '../../protocol/requests.ts';
import { answer, answerDone, answerOf, answerPage, doneSchema, pageOf } from '../answer.ts';
import type { AppDependencies } from '../dependencies.ts';
import { defineRoute, type Route, type Routes } from '../route.ts';

function listChannelMessages({ useCases: { messages } }: AppDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/messages/channel/:id',
    id: 'listChannelMessages',
    tag: 'Messages',
    summary: 'List the messages of a channel',
    description:
      'Returns a page of messages, the oldest first. Without `before` and `after`, this is the newest page. With `before`, it is the newest page of messages that are older than the given one. With `after`, it is the oldest page of messages that are newer.',
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
    summary: 'List the direct messages with a user',
    description:
      'Returns a page of messages, the oldest first. `before` and `after` work as for the messages of a channel.',
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
      'Specify exactly one of `channelId` and `receiverId`, and at least one of `text`, `url` and `fileName`. `replyToId` names a message of the same conversation that this one answers (`MESSAGE_NOT_FOUND` if it is not there or deleted). A `silent` message does not count as unread. `metadata` is an object of the client, at most 4 KiB as JSON and nested at most 5 deep. A message that is sent again with the same `clientId` is stored only once.',
    access: 'token',
    body: sendMessageBody,
    example: { channelId: 1, text: 'Hello' },
    answers: {
      201: ['The stored message', answerOf(messageSchema)],
      200: ['The message that was sent with this `clientId` before, as it is now', answerOf(messageSchema)],
    },
    errors: ['CHANNEL_NOT_FOUND', 'USER_NOT_FOUND', 'MESSAGE_NOT_FOUND'],
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
    summary: 'Get a message',
    description: 'Only members of its channel, or the two users of its direct conversation, may get a message.',
    access: 'account',
    params: idParam,
    answers: { 200: ['The message', answerOf(messageSchema)] },
    errors: ['MESSAGE_NOT_FOUND'],
    run: async ({ principal, params }) => answer(messageResource(await messages.get(principal, params.id))),
  });
}

function getMessages({ useCases: { messages } }: AppDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/messages',
    id: 'getMessages',
    tag: 'Messages',
    summary: 'Get several messages',
    description:
      'Returns those messages of up to 100 `ids` that the user may read, by id. The others are left out: deleted ones, and those of conversations that the user is not in.',
    access: 'account',
    query: messagesQuery,
    examples: { ids: '1' },
    answers: { 200: ['The messages', answerOf(z.array(messageSchema))] },
    run: async ({ principal, query }) =>
      answer((await messages.getSome(principal, query.ids)).map((message) => messageResource(message))),
  });
}

function listReplies({ useCases: { messages } }: AppDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/messages/:id/replies',
    id: 'listReplies',
    tag: 'Messages',
    summary: 'List the replies to a message',
    description:
      'Returns a page of the messages that were sent with this message as their `replyToId`, the oldest first. `before` and `after` work as for the messages of a channel.',
    access: 'account',
    params: idParam,
    query: pageQuery,
    answers: { 200: ['The page', pageOf(messageSchema)] },
    errors: ['MESSAGE_NOT_FOUND'],
    run: async ({ principal, params, query }) => answerPage(await messages.replies(principal, params.id, query)),
  });
}

function editMessage({ useCases: { messages } }: AppDependencies): Route {
  return defineRoute({
    method: 'PATCH',
    path: '/api/v1/messages/:id',
    id: 'editMessage',
    tag: 'Messages',
    summary: 'Edit a message',
    description:
      'Replaces the text, merges the metadata (RFC 7396), or both. Only the sender may edit a message. Members who are live receive `message.updated`.',
    access: 'account',
    params: idParam,
    body: editMessageBody,
    example: { text: 'Hello again' },
    answers: { 200: ['The message as it is now', answerOf(messageSchema)] },
    errors: ['FORBIDDEN', 'MESSAGE_NOT_FOUND'],
    run: async ({ principal, params, body, deadline }) =>
      answer(messageResource(await messages.edit(principal, params.id, body, deadline))),
  });
}

function deleteMessage({ useCases: { messages } }: AppDependencies): Route {
  return defineRoute({
    method: 'DELETE',
    path: '/api/v1/messages/:id',
    id: 'deleteMessage',
    tag: 'Messages',
    summary: 'Delete a message',
    description:
      'Only the sender, the owner of the channel and admins may delete a message. Members who are live receive `message.deleted`.',
    access: 'account',
    params: idParam,
    answers: { 200: ['The message was deleted', doneSchema] },
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
  getMessages,
  getMessage,
  listReplies,
  editMessage,
  deleteMessage,
];
