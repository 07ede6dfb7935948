// The commands of typing: a user starts and stops. Sending a message, leaving and closing the connection stop it too.
import { channelKey, isChannelKey, type LogKey, logName, otherOf, pairKey } from '../../chat/log/key.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { DataOf } from '../../protocol/frame.ts';
import * as frames from '../../protocol/typing.ts';
import { type Command, type CommandDependencies, defineCommand } from '../commands/command.ts';
import type { HubSession } from '../connections/session.ts';
import { createTypists, type Notify } from './typists.ts';

type Conversation = DataOf<typeof frames.startTyping>;

export function typing(deps: CommandDependencies): Command[] {
  const { signals, tracker, reads, hooks, clock } = deps;
  const typists = createTypists({ clock });
  hooks.event.on((log, { seq, storedSeq, senderId }) => {
    if (seq === storedSeq) typists.stopUser(senderId, log);
  });
  hooks.left.on((owner, channelId) => typists.stop(owner, logName(channelKey(channelId))));
  hooks.removed.on((userId, channelId) => typists.stopUser(userId, logName(channelKey(channelId))));
  hooks.closed.on(typists.forget);

  /** Rejects as if the conversation did not exist, if the user is not a party to it. */
  async function assertParty({ user, readers }: HubSession, key: LogKey): Promise<void> {
    if (isChannelKey(key)) {
      // A reader is a member.
      if (readers.has(logName(key)) || (await reads.entry(user.id, key.channelId))) return;
      throw new ChatError('CHANNEL_NOT_FOUND');
    }
    const entry = await reads.pairEntry(user.id, otherOf(key, user.id));
    // Users who never wrote to each other have no conversation.
    if (!entry || entry.head === 0) throw new ChatError('USER_NOT_FOUND');
  }

  /** To the receiver, a direct conversation is named by the other user: the one who types. */
  function notifierOf({ id, username }: HubSession['user'], key: LogKey): Notify {
    const users = [{ user_id: id, username }];
    return (expires_in_ms) => {
      if (isChannelKey(key)) {
        signals.publish(key.channelId, 'typing', { channel_id: key.channelId, users, expires_in_ms }, id);
      } else signals.publishToOther(key, id, 'typing', { user_id: id, users, expires_in_ms });
    };
  }

  const start = defineCommand({
    frame: frames.startTyping,
    inOrderOf,
    async run(context, conversation) {
      const { session } = context;
      const key = keyOf(session, conversation);
      await assertParty(session, key);
      const isDueInChannel = typists.isDue(session.user.id, logName(key)) && isChannelKey(key);
      if (isDueInChannel && (await tracker.crowded(key.channelId))) return {};
      // After the end of the connection, nothing would stop it.
      if (context.isOver) return undefined;
      typists.start(session, logName(key), notifierOf(session.user, key));
      return {};
    },
  });

  const stop = defineCommand({
    frame: frames.stopTyping,
    inOrderOf,
    async run({ session }, conversation) {
      const key = keyOf(session, conversation);
      await assertParty(session, key);
      typists.stop(session, logName(key));
      return {};
    },
  });

  return [start, stop];
}

/** Exactly one of the two ids is given. */
function keyOf({ user }: HubSession, { channel_id, user_id }: Conversation): LogKey {
  return channel_id === null ? pairKey(user.id, user_id as number) : channelKey(channel_id);
}

/** Keeps a stop from overtaking its start. */
function inOrderOf({ channel_id, user_id }: Conversation): string {
  return channel_id === null ? `u${user_id}` : logName(channelKey(channel_id));
}
