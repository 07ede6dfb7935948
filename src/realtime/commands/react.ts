// Adds a reaction of the user to a message, or removes one.
import type { StoredMessage } from '../../chat/log/event.ts';
import type { AnswerOf } from '../../protocol/frame.ts';
import * as frames from '../../protocol/reactions.ts';
import { type Command, type CommandDependencies, defineCommand } from './command.ts';

export function reactions({ useCases: { reactions } }: CommandDependencies): Command[] {
  const add = defineCommand({
    frame: frames.addReaction,
    run: ({ session, deadline }, { message_id, emoji, replace }) =>
      reactions
        .react(session.user, message_id, { emoji, add: true, replace: replace ?? false }, deadline)
        .then(toAnswer),
  });

  const remove = defineCommand({
    frame: frames.removeReaction,
    run: ({ session, deadline }, { message_id, emoji }) =>
      reactions.react(session.user, message_id, { emoji, add: false, replace: false }, deadline).then(toAnswer),
  });

  return [add, remove];
}

function toAnswer({ updatedSeq }: StoredMessage): AnswerOf<typeof frames.addReaction> {
  return { updated_seq: updatedSeq };
}
