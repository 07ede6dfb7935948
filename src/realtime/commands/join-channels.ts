// Joins many channels by one frame. Lookups at the same moment share a statement, so it costs little more than one join.
import { channelKey, logName } from '../../chat/log/key.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { HubSession } from '../connections/session.ts';
import { attachReader } from '../log/catch-up.ts';
import type { PresenceTracker } from '../presence/tracker.ts';
import type { CommandContext } from './command.ts';
import type { JoinAccess } from './entrance.ts';
import { assertRoom } from './room.ts';

interface Wanted {
  readonly channel_id: number;
  readonly since?: number | undefined;
}

interface Joined {
  joined: Array<{ channel_id: number; last_seq: number }>;
  not_found: number[];
  beyond: number[];
}

/** A channel of the frame, and once it was looked up, the access to it. */
interface Join {
  readonly channelId: number;
  readonly since: number | undefined;
  access: JoinAccess | undefined;
  /** The user is counted as live in it, because of this frame. */
  isCounted: boolean;
}

export interface JoinChannelsDependencies {
  readonly tracker: Pick<PresenceTracker, 'joined' | 'left'>;
  /** Rejects with CHANNEL_NOT_FOUND. Resolves to undefined if nobody waits for it any more. */
  readonly find: (context: CommandContext, channelId: number) => Promise<JoinAccess | undefined>;
}

/** Of a channel that is named twice, the latter counts. */
export function createJoinChannels({ tracker, find }: JoinChannelsDependencies) {
  async function lookUp(context: CommandContext, join: Join): Promise<void> {
    join.access?.release();
    join.access = undefined;
    try {
      join.access = await find(context, join.channelId);
    } catch (error) {
      if (!(error instanceof ChatError && error.code === 'CHANNEL_NOT_FOUND')) throw error;
    }
  }

  /** Presence comes first: see joinFirst in join-channel.ts. */
  async function count({ session }: CommandContext, join: Join): Promise<void> {
    if (!join.access || isBeyond(join) || isRead(session, join) || join.isCounted) return;
    join.isCounted = true;
    await tracker.joined(join.channelId, session.user);
  }

  /** Looks up again what somebody was taken out of meanwhile, until all of it is current. */
  async function prepare(context: CommandContext, joins: readonly Join[]): Promise<void> {
    for (let open = joins; open.length > 0 && !context.isOver; open = joins.filter(isStale)) {
      await all(open.map((join) => lookUp(context, join)));
      await all(joins.map((join) => count(context, join)));
    }
  }

  function release(session: HubSession, join: Join): void {
    join.access?.release();
    if (join.isCounted && !isRead(session, join)) tracker.left(join.channelId, session.user);
  }

  return async (context: CommandContext<Joined>, wanted: readonly Wanted[]): Promise<undefined> => {
    const { session } = context;
    const joins = [...new Map(wanted.map((each) => [each.channel_id, each])).values()].map(
      ({ channel_id, since }): Join => ({ channelId: channel_id, since, access: undefined, isCounted: false }),
    );
    try {
      await prepare(context, joins);
      if (!context.isOver) read(context, joins);
    } finally {
      for (const join of joins) release(session, join);
    }
  };
}

/** Answers, and makes the connection a reader of all channels that it may read. Throws before it does any of that. */
function read(context: CommandContext<Joined>, joins: readonly Join[]): void {
  const { session } = context;
  const readable = joins.filter((join): join is Join & { access: JoinAccess } => !!join.access && !isBeyond(join));
  assertRoom(session, readable.filter((join) => !isRead(session, join)).length);
  for (const { access, since } of readable) if (since !== undefined) session.assertMayRead(access.feed.name, since);
  for (const { access } of readable) access.feed.begin(access.entry.head, access.entry.accessVersion);
  // The answer leaves before the events after it.
  context.ack({
    joined: readable.map(({ channelId, access }) => ({ channel_id: channelId, last_seq: access.entry.head })),
    not_found: joins.filter(({ access }) => !access).map(({ channelId }) => channelId),
    beyond: joins.filter(isBeyond).map(({ channelId }) => channelId),
  });
  for (const { access, since } of readable) {
    const { feed, entry } = access;
    const known = session.readers.get(feed.name);
    if (!known) attachReader(session, feed, since ?? entry.head, entry.head);
    else if (since !== undefined) known.restart(since, entry.head);
  }
}

function isRead({ readers }: HubSession, { channelId }: Join): boolean {
  return readers.has(logName(channelKey(channelId)));
}

function isStale({ access }: Join): boolean {
  return access !== undefined && !access.isCurrent();
}

function isBeyond({ access, since }: Join): boolean {
  return access !== undefined && since !== undefined && since > access.entry.head;
}

/** Waits for all, even if one fails, because what a late one holds must be released too. */
async function all(work: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(work);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
