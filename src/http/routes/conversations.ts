// Where each conversation of the signed-in user stands.
import { Hono } from 'hono';
import * as z from 'zod';
import type { Conversations } from '../../chat/conversations/conversations.ts';
import { conversationSchema } from '../../protocol/resources.ts';
import { answer, answerOf } from '../answer.ts';
import { describe } from '../describe.ts';
import type { HttpEnvironment } from '../environment.ts';

export function conversationRoutes({ conversations }: { conversations: Conversations }): Hono<HttpEnvironment> {
  return new Hono<HttpEnvironment>().get('/', listConversations, async (c) =>
    answer(c, await conversations.list(c.get('principal'))),
  );
}

const listConversations = describe({
  id: 'listConversations',
  tag: 'Messages',
  summary: 'Where each conversation stands',
  description:
    "Every channel and every direct pair of the signed-in user, the latest event first: what to compare one's own numbers with after an absence.",
  answers: { 200: ['The conversations', answerOf(z.array(conversationSchema))] },
});
