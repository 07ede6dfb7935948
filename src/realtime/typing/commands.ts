// A user types in a channel or to a user, and stops: also by a message, by leaving, and with the connection.
import { channelKey, isChannelKey, type LogKey, logName, otherOf, pairKey } from '../../chat/log/key.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { DataOf } from '../../protocol/frame.ts';
import * as frames from '../../protocol/typing.ts';
import { type Command, type CommandDependencies, defineCommand } from '../commands/command.ts';
import type { HubSession } from '../connections/session.ts';
import { createTypists, type Tell } from './typists.ts';

type Where = DataOf<typeof frames.startTyping>;

export function typing(deps: CommandDependencies): Command[] {
  const { signals, tracker, reads, hooks, clock } = deps;
  const typists = createTypists({ clock });
  hooks.event.follow((log, { seq, storedSeq, senderId }) => {
    if (seq === storedSeq) typists.stopUser(senderId, log);
  });
  hooks.left.follow((owner, channelId) => typists.stop(owner, logName(channelKey(channelId))));
  hooks.removed.follow((userId, channelId) => typists.stopUser(userId, logName(channelKey(channelId))));
  hooks.closed.follow(typists.forget);

  /** Rejects with what hides the conversation from who is no party to it. */
  async function assertParty({ user, readers }: HubSession, key: LogKey): Promise<void> {
    if (isChannelKey(key)) {
      // Who reads it is a member.
      if (readers.has(logName(key)) || (await reads.entry(user.id, key.channelId))) return;
      throw new ChatError('CHANNEL_NOT_FOUND');
    }
    const entry = await reads.pairEntry(user.id, otherOf(key, user.id));
    // Users who never wrote to each other have no conversation.
    if (!entry || entry.head === 0) throw new ChatError('USER_NOT_FOUND');
  }

  /** A direct conversation has the name that the one has for it who is told: the user who types. */
  function tellerOf({ id, username }: HubSession['user'], key: LogKey): Tell {
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
    async run(context, where) {
      const { session } = context;
      const key = keyOf(session, where);
      await assertParty(session, key);
      const isTold = typists.isDue(session.user.id, logName(key)) && isChannelKey(key);
      if (isTold && (await tracker.crowded(key.channelId))) return {};
      // Nobody would stop what begins after the end of the connection.
      if (context.isOver) return undefined;
      typists.start(session, logName(key), tellerOf(session.user, key));
      return {};
    },
  });

  const stop = defineCommand({
    frame: frames.stopTyping,
    inOrderOf,
    async run({ session }, where) {
      const key = keyOf(session, where);
      await assertParty(session, key);
      typists.stop(session, logName(key));
      return {};
    },
  });

  return [start, stop];
}

/** Exactly one of the two is given. */
function keyOf({ user }: HubSession, { channel_id, user_id }: Where): LogKey {
  return channel_id === null ? pairKey(user.id, user_id as number) : channelKey(channel_id);
}

/** A stop is not to overtake its start. */
function inOrderOf({ channel_id, user_id }: Where): string {
  return channel_id === null ? `u${user_id}` : logName(channelKey(channel_id));
}
