// A channel's events stop coming to a connection.
import { channelKey, logName } from '../../chat/log/key.ts';
import * as frames from '../../protocol/channels.ts';
import { detachReader } from '../log/catch-up.ts';
import { type Command, type CommandDependencies, defineCommand } from './command.ts';

export function leaveChannel({ tracker, now }: CommandDependencies): Command {
  return defineCommand({
    frame: frames.leaveChannel,
    inOrderOf: ({ channel_id }) => logName(channelKey(channel_id)),
    run({ session }, { channel_id }) {
      const reader = session.readers.get(logName(channelKey(channel_id)));
      if (reader) {
        detachReader(reader, now());
        tracker.left(channel_id, session.user);
      }
      return { channel_id };
    },
  });
}
