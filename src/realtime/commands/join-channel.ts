// Joins a channel, or many: their events reach the connection from now on, or if the client asks, after a number.
import { channelKey, logName } from '../../chat/log/key.ts';
import * as frames from '../../protocol/channels.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { AnswerOf } from '../../protocol/frame.ts';
import { checkSince } from './check-since.ts';
import { type Command, type CommandDependencies, defineCommand } from './command.ts';
import { createJoining, isBeyond, isReadable, type Join } from './joining.ts';

type Answer = AnswerOf<typeof frames.joinChannel>;

export function joinChannel(deps: CommandDependencies): Command {
  const joinAll = createJoining<Answer>(deps);
  return defineCommand({
    frame: frames.joinChannel,
    inOrderOf: (data) => wantedBy(data).map(({ channel_id }) => logName(channelKey(channel_id))),
    run: (context, data) => joinAll(context, wantedBy(data), data.mode, data.channels ? answerOfMany : answerOfOne),
  });
}

function wantedBy({ channel_id, since, channels }: frames.JoinChannel) {
  return channels ?? [{ channel_id: channel_id as number, since }];
}

function answerOfOne([join]: readonly Join[]): Answer {
  if (!join?.access) throw new ChatError('CHANNEL_NOT_FOUND');
  const { head } = join.access.entry;
  checkSince(join.since, head);
  return { channel_id: join.channelId, last_seq: head };
}

function answerOfMany(joins: readonly Join[]): Answer {
  return {
    joined: joins.filter(isReadable).map((join) => ({ channel_id: join.channelId, last_seq: join.access.entry.head })),
    not_found: joins.filter(({ access }) => !access).map(({ channelId }) => channelId),
    beyond: joins.filter(isBeyond).map(({ channelId }) => channelId),
  };
}
