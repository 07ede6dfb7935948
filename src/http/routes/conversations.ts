// The conversations of the signed-in user: where each stands, and what the user sets of it.
import * as z from 'zod';
import { conversationBody, conversationParam, entrySchema } from '../../protocol/conversations.ts';
import { syncBody, syncSchema } from '../../protocol/sync.ts';
import { answer, answerOf } from '../answer.ts';
import type { AppDependencies } from '../dependencies.ts';
import { defineRoute, type Route, type Routes } from '../route.ts';

function listConversations({ useCases: { conversations } }: AppDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/conversations',
    id: 'listConversations',
    tag: 'Conversations',
    summary: 'List conversations',
    description:
      'Returns every channel and every direct conversation of the signed-in user, the one with the latest event first. After an absence, a client compares each `lastSeq` with the last number that it has.',
    access: 'account',
    answers: { 200: ['The conversations', answerOf(z.array(entrySchema))] },
    run: async ({ principal }) => answer(await conversations.list(principal)),
  });
}

function getConversation({ useCases: { conversations } }: AppDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/conversations/:log',
    id: 'getConversation',
    tag: 'Conversations',
    summary: 'Get a conversation',
    description:
      'Returns one conversation as the signed-in user sees it: `c7` is channel 7, `d9` the direct conversation with user 9.',
    access: 'account',
    params: conversationParam,
    examples: { log: 'c1' },
    answers: { 200: ['The conversation', answerOf(entrySchema)] },
    errors: ['CHANNEL_NOT_FOUND', 'USER_NOT_FOUND'],
    run: async ({ principal, params }) => answer(await conversations.get(principal, params.log)),
  });
}

function updateConversation({ useCases: { conversations } }: AppDependencies): Route {
  return defineRoute({
    method: 'PATCH',
    path: '/api/v1/conversations/:log',
    id: 'updateConversation',
    tag: 'Conversations',
    summary: 'Change what is your own of a conversation',
    description:
      'Mutes (true, false, or the time at which it ends), archives, marks as a favourite, chooses notifications, or keeps private data with it. `ownMetadata` is merged: fields that are null are removed. A new message ends `archived`, unless the conversation is muted. Nobody else sees any of it.',
    access: 'account',
    params: conversationParam,
    examples: { log: 'c1' },
    body: conversationBody,
    example: { muted: true },
    answers: { 200: ['The conversation as it is now', answerOf(entrySchema)] },
    errors: ['CHANNEL_NOT_FOUND', 'USER_NOT_FOUND'],
    run: async ({ principal, params, body }) => answer(await conversations.update(principal, params.log, body)),
  });
}

function sync({ useCases: { conversations } }: AppDependencies): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/v1/sync',
    id: 'sync',
    tag: 'Conversations',
    summary: 'Get what changed in an absence',
    description:
      'Returns the conversations whose own part changed after number `since` of the account log, and those whose `lastSeq` differs from the one in `heads` or that `heads` lacks (by `c7` or `d9`, at most 5,000), the latest event first. `removed` are those that ended after `since`, and those in `heads` that are not yours. `account` is there if it changed. Without `since` and `heads`, everything comes. While `cursor` is not null there is more: send it alone. Keep `seq` as the next `since`.',
    access: 'account',
    body: syncBody,
    example: { since: 0, heads: {} },
    answers: { 200: ['What changed', answerOf(syncSchema)] },
    run: async ({ principal, body }) => answer(await conversations.sync(principal, body)),
  });
}

export const CONVERSATION_ROUTES: Routes = [listConversations, getConversation, updateConversation, sync];
