// Where each conversation of the signed-in user stands.
import * as z from 'zod';
import { conversationSchema } from '../../protocol/resources.ts';
import { answer, answerOf } from '../answer.ts';
import type { AppDependencies } from '../dependencies.ts';
import { defineRoute, type Route, type Routes } from '../route.ts';

function listConversations({ useCases: { conversations } }: AppDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/conversations',
    id: 'listConversations',
    tag: 'Messages',
    summary: 'List conversations',
    description:
      'Returns every channel and every direct conversation of the signed-in user, the one with the latest event first. After an absence, a client compares each `lastSeq` with the last number that it has.',
    access: 'account',
    answers: { 200: ['The conversations', answerOf(z.array(conversationSchema))] },
    run: async ({ principal }) => answer(await conversations.list(principal)),
  });
}

export const CONVERSATION_ROUTES: Routes = [listConversations];
