// Messages: pages of a conversation, sending, reading, editing and deleting one.
import { Hono } from 'hono';
import { toMessage } from '../../chat/message-resource.ts';
import type { Messages } from '../../chat/messages.ts';
import { editMessageBody, friendParam, idParam, pageQuery, sendMessageBody } from '../../protocol/requests.ts';
import { messageSchema } from '../../protocol/resources.ts';
import { answer, answerDone, answerOf, answerPage, doneSchema, pageOf } from '../answer.ts';
import type { HttpEnvironment } from '../environment.ts';
import { BODY_ERRORS, describe } from '../openapi.ts';
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
      return answer(c, toMessage(message), duplicate ? 200 : 201);
    })
    .get('/:id', getMessage, params(idParam), async (c) =>
      answer(c, toMessage(await messages.get(c.get('principal'), c.req.valid('param').id))),
    )
    .patch('/:id', editMessage, params(idParam), jsonBody(editMessageBody), async (c) => {
      const { text } = c.req.valid('json');
      const { id } = c.req.valid('param');
      return answer(c, toMessage(await messages.edit(c.get('principal'), id, text, c.get('time').deadline)));
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
  summary: 'A page of a channel, oldest first: the newest one, or that before or after a message',
  answers: { 200: ['The page', pageOf(messageSchema)] },
  errors: ['VALIDATION_FAILED', 'CHANNEL_NOT_FOUND'],
});

const listDirectMessages = describe({
  id: 'listDirectMessages',
  tag,
  summary: 'A page of the direct messages with a user, oldest first',
  answers: { 200: ['The page', pageOf(messageSchema)] },
  errors: ['VALIDATION_FAILED', 'USER_NOT_FOUND'],
});

const sendMessage = describe({
  id: 'sendMessage',
  tag,
  summary: 'Send a message to a channel or to a user; with a clientId it may be sent again safely',
  answers: {
    201: ['The stored message', answerOf(messageSchema)],
    200: ['The message that was sent with this clientId before, as it is now', answerOf(messageSchema)],
  },
  errors: [...BODY_ERRORS, 'CHANNEL_NOT_FOUND', 'USER_NOT_FOUND'],
});

const getMessage = describe({
  id: 'getMessage',
  tag,
  summary: 'A message, for those who are party to its conversation',
  answers: { 200: ['The message', answerOf(messageSchema)] },
  errors: ['VALIDATION_FAILED', 'MESSAGE_NOT_FOUND'],
});

const editMessage = describe({
  id: 'editMessage',
  tag,
  summary: 'Change the text of a message; its sender may',
  answers: { 200: ['The message as it is now', answerOf(messageSchema)] },
  errors: [...BODY_ERRORS, 'FORBIDDEN', 'MESSAGE_NOT_FOUND'],
});

const deleteMessage = describe({
  id: 'deleteMessage',
  tag,
  summary: 'Delete a message; its sender, the owner of the channel and admins may',
  answers: { 200: ['Deleted', doneSchema] },
  errors: ['VALIDATION_FAILED', 'FORBIDDEN', 'MESSAGE_NOT_FOUND'],
});
