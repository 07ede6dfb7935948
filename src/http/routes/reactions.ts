// Reactions to messages: adding and removing one's own, who reacted, and which are one's own.
import { reactionCounts } from '../../protocol/reaction-counts.ts';
import {
  emojiParam,
  ownReactionSchema,
  ownReactionsQuery,
  reactionSchema,
  reactionsQuery,
  replaceQuery,
} from '../../protocol/reactions.ts';
import { idParam } from '../../protocol/requests.ts';
import { answer, answerOf } from '../answer.ts';
import type { AppDependencies } from '../dependencies.ts';
import { defineRoute, type Route, type Routes } from '../route.ts';

const PARTIES = 'Only members of its channel, or the two users of its direct conversation, may do so.';

function addReaction({ useCases: { reactions } }: AppDependencies): Route {
  return defineRoute({
    method: 'PUT',
    path: '/api/v1/messages/:id/reactions/:emoji',
    id: 'addReaction',
    tag: 'Messages',
    summary: 'React to a message',
    description: `${PARTIES} With \`replace\`, the reaction takes the place of your others to this message. Members who are live receive \`message.reacted\`. If you have reacted so before, nothing changes.`,
    access: 'account',
    params: emojiParam,
    query: replaceQuery,
    examples: { emoji: '👍' },
    answers: { 200: ['All reactions to the message', answerOf(reactionCounts)] },
    errors: ['MESSAGE_NOT_FOUND', 'LIMIT_REACHED'],
    async run({ principal, params: { id, emoji }, query: { replace }, deadline }) {
      const message = await reactions.react(principal, id, { emoji, add: true, replace }, deadline);
      return answer(message.reactions ?? []);
    },
  });
}

function removeReaction({ useCases: { reactions } }: AppDependencies): Route {
  return defineRoute({
    method: 'DELETE',
    path: '/api/v1/messages/:id/reactions/:emoji',
    id: 'removeReaction',
    tag: 'Messages',
    summary: 'Take back a reaction to a message',
    description: `${PARTIES} Members who are live receive \`message.reacted\`. If you have not reacted so, nothing changes.`,
    access: 'account',
    params: emojiParam,
    examples: { emoji: '👍' },
    answers: { 200: ['All reactions to the message', answerOf(reactionCounts)] },
    errors: ['MESSAGE_NOT_FOUND'],
    async run({ principal, params: { id, emoji }, deadline }) {
      const message = await reactions.react(principal, id, { emoji, add: false, replace: false }, deadline);
      return answer(message.reactions ?? []);
    },
  });
}

function listReactions({ useCases: { reactions } }: AppDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/messages/:id/reactions',
    id: 'listReactions',
    tag: 'Messages',
    summary: 'List who reacted to a message',
    description:
      'Returns a page of reactions, by the ids of the users, those of one user together. `emoji` asks for one emoji only, `after` for users with a higher id than the given one.',
    access: 'account',
    params: idParam,
    query: reactionsQuery,
    answers: { 200: ['Who reacted', answerOf(reactionSchema.array())] },
    errors: ['MESSAGE_NOT_FOUND'],
    run: async ({ principal, params, query }) => answer(await reactions.list(principal, params.id, query)),
  });
}

function listOwnReactions({ useCases: { reactions } }: AppDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/v1/reactions/mine',
    id: 'listOwnReactions',
    tag: 'Messages',
    summary: 'List your own reactions in a part of a conversation',
    description:
      'Specify exactly one of `channelId` and `userId`. `from` and `to` are the `seq` of the first and the last message, with at most 200 messages from one to the other.',
    access: 'account',
    query: ownReactionsQuery,
    examples: { channelId: 1 },
    answers: { 200: ['Your reactions', answerOf(ownReactionSchema.array())] },
    errors: ['CHANNEL_NOT_FOUND', 'USER_NOT_FOUND'],
    run: async ({ principal, query }) => answer(await reactions.mine(principal, query)),
  });
}

export const REACTION_ROUTES: Routes = [addReaction, removeReaction, listReactions, listOwnReactions];
