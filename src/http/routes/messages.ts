// Messages: pages of a conversation, sending, reading, editing and deleting one.
import { Hono } from 'hono';
import type { Messages } from '../../chat/messages/messages.ts';
import { editMessageBody, messageResource, messageSchema, sendMessageBody } from '../../protocol/messages.ts';
import { friendParam, idParam, pageQuery } from '../../protocol/requests.ts';
import { answer, answerDone, answerOf, answerPage, doneSchema, pageOf } from '../answer.ts';
import { BODY_ERRORS, describe } from '../describe.ts';
import type { HttpEnvironment } from '../environment.ts';
import { type JsonBody, params, query } from '../validate.ts';

export interface MessageRouteDependencies {
  readonly messages: Messages;
  readonly jsonBody: JsonBody;
}

export function messageRoutes({ messages, jsonBody }: MessageRouteDependencies): Hono<HttpEnvironment> {
  return new Hono<HttpEnvironment>()
    .get('/channel/:id', listChannelMessages, params(idParam), query(pageQuery), async (c) => {
      const { id } = c.req.valid('param');
      const page = await messages.channelPage(c.get('actor'), id, c.req.valid('query'));
      return answerPage(c, page);
    })
    .get('/friend/:friendId', listDirectMessages, params(friendParam), query(pageQuery), async (c) => {
      const { friendId } = c.req.valid('param');
      const page = await messages.friendPage(c.get('principal'), friendId, c.req.valid('query'));
      return answerPage(c, page);
    })
    .post('/', sendMessage, jsonBody(sendMessageBody), async (c) => {
      const { message, duplicate } = await messages.send(c.get('actor'), c.req.valid('json'), c.get('time').deadline);
      return answer(c, messageResource(message), duplicate ? 200 : 201);
    })
    .get('/:id', getMessage, params(idParam), async (c) =>
      answer(c, messageResource(await messages.get(c.get('principal'), c.req.valid('param').id))),
    )
    .patch('/:id', editMessage, params(idParam), jsonBody(editMessageBody), async (c) => {
      const { text } = c.req.valid('json');
      const { id } = c.req.valid('param');
      return answer(c, messageResource(await messages.edit(c.get('principal'), id, text, c.get('time').deadline)));
    })
    .delete('/:id', deleteMessage, params(idParam), async (c) => {
      await messages.remove(c.get('principal'), c.req.valid('param').id, c.get('time').deadline);
      return answerDone(c, 'Message deleted');
    });
}

const tag = 'Messages';

const listChannelMessages = describe({
  id: 'listChannelMessages',
  tag,
  summary: 'A page of the messages of a channel',
  description:
    'Oldest first. Without `before` and `after` the newest page; `before` gives the newest page that is older than that message, `after` the oldest page that is newer.',
  answers: { 200: ['The page', pageOf(messageSchema)] },
  errors: ['VALIDATION_FAILED', 'CHANNEL_NOT_FOUND'],
});

const listDirectMessages = describe({
  id: 'listDirectMessages',
  tag,
  summary: 'A page of the direct messages with a user',
  description: 'Oldest first, in pages like those of a channel.',
  examples: { friendId: 1 },
  answers: { 200: ['The page', pageOf(messageSchema)] },
  errors: ['VALIDATION_FAILED', 'USER_NOT_FOUND'],
});

const sendMessage = describe({
  id: 'sendMessage',
  tag,
  summary: 'Send a message to a channel or to a user',
  description:
    'Exactly one of `channelId` and `receiverId`, and at least one of `text`, `url` and `fileName`. Sent again with the same `clientId` it is stored once.',
  example: { channelId: 1, text: 'Hello' },
  answers: {
    201: ['The stored message', answerOf(messageSchema)],
    200: ['The message that was sent with this clientId before, as it is now', answerOf(messageSchema)],
  },
  errors: [...BODY_ERRORS, 'CHANNEL_NOT_FOUND', 'USER_NOT_FOUND'],
});

const getMessage = describe({
  id: 'getMessage',
  tag,
  summary: 'A message',
  description: 'For those who are party to its conversation.',
  answers: { 200: ['The message', answerOf(messageSchema)] },
  errors: ['VALIDATION_FAILED', 'MESSAGE_NOT_FOUND'],
});

const editMessage = describe({
  id: 'editMessage',
  tag,
  summary: 'Change the text of a message',
  description: 'Its sender may, nobody else. Live members get `message.updated`.',
  example: { text: 'Hello again' },
  answers: { 200: ['The message as it is now', answerOf(messageSchema)] },
  errors: [...BODY_ERRORS, 'FORBIDDEN', 'MESSAGE_NOT_FOUND'],
});

const deleteMessage = describe({
  id: 'deleteMessage',
  tag,
  summary: 'Delete a message',
  description: 'Its sender, the owner of the channel and admins may. Live members get `message.deleted`.',
  answers: { 200: ['Deleted', doneSchema] },
  errors: ['VALIDATION_FAILED', 'FORBIDDEN', 'MESSAGE_NOT_FOUND'],
});
