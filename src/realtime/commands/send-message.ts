// Sends a message to a channel or a user.
import { channelKey, logName } from '../../chat/log/key.ts';
import type { Appended } from '../../chat/log/log.ts';
import type { UseCases } from '../../chat/use-cases.ts';
import type { AnswerOf } from '../../protocol/frame.ts';
import * as frames from '../../protocol/messages.ts';
import { type Command, type CommandContext, type CommandDependencies, defineCommand } from './command.ts';

export function sendToChannel({ useCases }: CommandDependencies): Command {
  return defineCommand({
    frame: frames.sendToChannel,
    run(context, data) {
      const send = () => store(useCases, context, frames.bodyOfFrame(data));
      return context.session.underWay ? joinUnderWay(context, data.channel_id).then(send) : send();
    },
  });
}

export function sendToUser({ useCases }: CommandDependencies): Command {
  return defineCommand({
    frame: frames.sendToUser,
    run: (context, data) => store(useCases, context, frames.bodyOfFrame(data)),
  });
}

function store({ messages }: UseCases, { session, deadline }: CommandContext, body: frames.SendMessageBody) {
  return messages.send(session.user, body, deadline).then(toAnswer);
}

function toAnswer({ message, duplicate }: Appended): AnswerOf<typeof frames.sendToChannel> {
  return { id: message.id, seq: message.seq, created_at: message.createdAt, duplicate };
}

/** Waits for a join of the channel, so that a message sent right after it is delivered to this connection too. */
async function joinUnderWay({ session }: CommandContext, channelId: number): Promise<void> {
  await session.underWay?.get(logName(channelKey(channelId)))?.catch(() => {});
}
