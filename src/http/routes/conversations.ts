// Where each conversation of the signed-in user stands.
import { Hono } from 'hono';
import * as z from 'zod';
import type { Conversations } from '../../chat/conversations.ts';
import { conversationSchema } from '../../protocol/resources.ts';
import { answer, answerOf } from '../answer.ts';
import type { HttpEnvironment } from '../environment.ts';
import { describe } from '../openapi.ts';

export function conversationRoutes({ conversations }: { conversations: Conversations }): Hono<HttpEnvironment> {
  return new Hono<HttpEnvironment>().get('/', listConversations, async (c) =>
    answer(c, await conversations.list(c.get('principal'))),
  );
}

const listConversations = describe({
  id: 'listConversations',
  tag: 'Messages',
  summary: 'The last event of every conversation, the latest first: what to compare with after an absence',
  answers: { 200: ['The conversations', answerOf(z.array(conversationSchema))] },
});
