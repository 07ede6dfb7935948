// Joins a channel: its events reach the connection from now on, or if the client asks, after a number.
import { channelKey, isChannelKey, logName } from '../../chat/log/key.ts';
import * as frames from '../../protocol/channels.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { AnswerOf } from '../../protocol/frame.ts';
import type { HubSession } from '../connections/session.ts';
import { attachReader } from '../log/catch-up.ts';
import { checkSince } from './check-since.ts';
import { type Command, type CommandContext, type CommandDependencies, defineCommand } from './command.ts';
import { enter, type JoinAccess } from './entrance.ts';
import { createJoinChannels } from './join-channels.ts';
import { assertRoom } from './room.ts';

type Context = CommandContext<AnswerOf<typeof frames.joinChannel>>;

export function joinChannel({ feeds, tracker, reads }: CommandDependencies): Command {
  const find = (context: Context, channelId: number) =>
    enter({ feeds, reads }, context.session.user.id, channelId, () => context.isOver);
  const joinMany = createJoinChannels({
    tracker,
    async find(context, channelId) {
      await assertReadable(context.session, channelId);
      return find(context, channelId);
    },
  });

  async function join(context: Context, channelId: number, since: number | undefined): Promise<undefined> {
    const { session } = context;
    await assertReadable(session, channelId);
    const entrance = await find(context, channelId);
    if (!entrance) return;
    try {
      checkSince(since, entrance.entry.head);
      const known = session.readers.get(entrance.feed.name);
      if (since !== undefined) session.assertMayRead(entrance.feed.name, since);
      if (known) {
        answer(context, entrance);
        if (since !== undefined) known.restart(since, entrance.entry.head);
      } else await joinFirst(context, entrance, since);
    } finally {
      entrance.release();
    }
  }

  /** Access is checked before the feed is opened, so that a refused join costs only this lookup. */
  async function assertReadable(session: HubSession, channelId: number): Promise<void> {
    if (session.readers.has(logName(channelKey(channelId)))) return;
    assertRoom(session, 1);
    // If the feed is open, the lookup after it is enough.
    if (feeds.get(channelId)) return;
    if (!(await reads.entry(session.user.id, channelId))) throw new ChatError('CHANNEL_NOT_FOUND');
  }

  /** Presence comes first: if the client then ends another connection, the user has not left. */
  async function joinFirst(context: Context, first: JoinAccess, since: number | undefined): Promise<void> {
    const { user } = context.session;
    await tracker.joined(first.channelId, user);
    let isReading = false;
    try {
      isReading = await read(context, first, since);
    } finally {
      if (!isReading) tracker.left(first.channelId, user);
    }
  }

  /** Makes the connection a reader, unless it is over. Asks again if somebody was taken out since the last lookup. */
  async function read(context: Context, entrance: JoinAccess, since: number | undefined): Promise<boolean> {
    if (context.isOver) return false;
    if (entrance.isCurrent()) {
      assertRoom(context.session, 1);
      answer(context, entrance);
      const { feed, entry } = entrance;
      attachReader(context.session, feed, since ?? entry.head, entry.head);
      return true;
    }
    const next = await find(context, entrance.channelId);
    if (!next) return false;
    try {
      return await read(context, next, since);
    } finally {
      next.release();
    }
  }

  return defineCommand({
    frame: frames.joinChannel,
    inOrderOf: ({ channel_id, channels }) =>
      channels
        ? channels.map((each) => logName(channelKey(each.channel_id)))
        : logName(channelKey(channel_id as number)),
    run: (context, { channel_id, since, channels }) =>
      channels ? joinMany(context, channels) : join(context, channel_id as number, since),
  });
}

/** The answer leaves before the events after it. */
function answer(context: Context, { channelId, feed, entry }: JoinAccess): void {
  feed.begin(entry.head, entry.accessVersion);
  context.ack({ channel_id: channelId, last_seq: entry.head });
}
