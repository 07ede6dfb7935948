// Up to where the signed-in user has read.
import * as z from 'zod';
import { markedSchema, markReadBody, marksOfBody, totalsSchema } from '../../protocol/markers.ts';
import { answer, answerOf } from '../answer.ts';
import type { AppDependencies } from '../dependencies.ts';
import { defineRoute, type Route, type Routes } from '../route.ts';

function markRead({ useCases: { marks } }: AppDependencies): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/v1/conversations/read',
    id: 'markRead',
    tag: 'Messages',
    summary: 'Mark as read',
    description:
      'Moves your marker in one conversation, or in up to 500, forward to a number of its log. A marker that is there already, or further, stays. If one item is bad, nothing changes. Returns the items in their order, with what is unread now.',
    access: 'account',
    body: markReadBody,
    example: { channelId: 1, seq: 1 },
    answers: { 200: ['The markers as they are now', answerOf(z.array(markedSchema))] },
    errors: ['CHANNEL_NOT_FOUND', 'USER_NOT_FOUND'],
    run: async ({ principal, body }) => answer(await marks.readMany(principal, marksOfBody(body))),
  });
}

function markAllRead({ useCases: { marks } }: AppDependencies): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/v1/conversations/read-all',
    id: 'markAllRead',
    tag: 'Messages',
    summary: 'Mark everything as read',
    description: 'Moves your markers in all conversations to their ends. Returns what is unread after that.',
    access: 'account',
    answers: { 200: ['What is unread over all conversations', answerOf(totalsSchema)] },
    run: async ({ principal }) => answer(await marks.readAll(principal)),
  });
}

export const MARKER_ROUTES: Routes = [markRead, markAllRead];
