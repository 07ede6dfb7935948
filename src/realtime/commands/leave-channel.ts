// Leaves a channel: its events no longer reach the connection.
import { channelKey, logName } from '../../chat/log/key.ts';
import * as frames from '../../protocol/channels.ts';
import { type Command, type CommandDependencies, defineCommand } from './command.ts';

export function leaveChannel({ endReading, heads }: CommandDependencies): Command {
  return defineCommand({
    frame: frames.leaveChannel,
    inOrderOf: ({ channel_id }) => logName(channelKey(channel_id)),
    run({ session }, { channel_id }) {
      const reader = session.readers.get(logName(channelKey(channel_id)));
      if (reader) endReading(reader);
      heads.unwatch(session, channel_id);
      return { channel_id };
    },
  });
}
