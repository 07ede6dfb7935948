// How a connection joins channels, one or many. Lookups at the same moment share a statement, so that many by one frame
// cost little more than one.
import { channelKey, logName } from '../../chat/log/key.ts';
import type { JoinMode } from '../../protocol/channels.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { HubSession } from '../connections/session.ts';
import { attachReader } from '../log/catch-up.ts';
import type { Reader } from '../log/reader.ts';
import type { CommandContext, CommandDependencies } from './command.ts';
import { enter, type JoinAccess } from './entrance.ts';
import { assertRoom } from './room.ts';

export interface WantedJoin {
  readonly channel_id: number;
  readonly since?: number | undefined;
}

/** A channel of a frame. */
export interface Join {
  readonly channelId: number;
  readonly since: number | undefined;
  /** Undefined if the user may not read the channel. */
  access: JoinAccess | undefined;
  /** The user is counted as live in it, because of this frame. */
  isCounted: boolean;
}

/**
 * Joins in this mode all channels that the user may read, if `since` is not beyond their end. `toAnswer` makes the
 * answer; if it throws, nothing is joined. Of a channel that is named twice, the latter counts.
 */
export type JoinAll<Answer> = (
  context: CommandContext<Answer>,
  wanted: readonly WantedJoin[],
  mode: JoinMode,
  toAnswer: (joins: readonly Join[]) => Answer,
) => Promise<undefined>;

export type JoiningDependencies = Pick<CommandDependencies, 'feeds' | 'tracker' | 'reads' | 'heads' | 'endReading'>;

export function createJoining<Answer>(deps: JoiningDependencies): JoinAll<Answer> {
  const { feeds, tracker, reads, heads, endReading } = deps;

  /** Access is checked before the feed is opened, so that a refused join costs only this lookup. */
  async function assertReadable(session: HubSession, channelId: number): Promise<void> {
    if (readerOf(session, channelId) || heads.watches(session, channelId)) return;
    assertRoom(session, heads, 1);
    // If the feed is open, the lookup after it is enough.
    if (feeds.get(channelId)) return;
    if (!(await reads.entry(session.user.id, channelId))) throw new ChatError('CHANNEL_NOT_FOUND');
  }

  async function lookUp(context: CommandContext, join: Join): Promise<void> {
    const { session } = context;
    join.access?.release();
    join.access = undefined;
    try {
      await assertReadable(session, join.channelId);
      join.access = await enter(deps, session.user.id, join.channelId, () => context.isOver);
    } catch (error) {
      if (!(error instanceof ChatError && error.code === 'CHANNEL_NOT_FOUND')) throw error;
    }
  }

  /** Presence comes first: if the client then ends another connection, the user has not left. */
  async function count({ session }: CommandContext, join: Join): Promise<void> {
    if (!isReadable(join) || join.isCounted || readerOf(session, join.channelId)?.isShown) return;
    join.isCounted = true;
    await tracker.joined(join.channelId, session.user);
  }

  /** Looks up again where somebody was taken out meanwhile, until all of it is current. */
  async function prepare(context: CommandContext, joins: readonly Join[], mode: JoinMode): Promise<void> {
    for (let open = joins; open.length > 0 && !context.isOver; open = joins.filter(isStale)) {
      await all(open.map((join) => lookUp(context, join)));
      if (mode === 'live') await all(joins.map((join) => count(context, join)));
    }
  }

  function release(session: HubSession, join: Join): void {
    join.access?.release();
    if (join.isCounted && !readerOf(session, join.channelId)?.isShown) tracker.left(join.channelId, session.user);
  }

  function apply(session: HubSession, { channelId, access, since }: Readable, mode: JoinMode): void {
    const { feed, entry } = access;
    const known = readerOf(session, channelId);
    if (mode === 'heads') {
      if (known) endReading(known);
      return heads.watch(session, feed, entry.head);
    }
    heads.unwatch(session, channelId);
    const isShown = mode === 'live';
    if (!known) return void attachReader(session, feed, since ?? entry.head, entry.head, isShown);
    if (known.isShown && !isShown) tracker.left(channelId, session.user);
    known.isShown = isShown;
    if (since !== undefined) known.restart(since, entry.head);
  }

  /** Throws before it does anything. */
  function join(context: CommandContext<Answer>, joins: readonly Join[], mode: JoinMode, answer: Answer): void {
    const { session } = context;
    const readable = joins.filter(isReadable);
    const more = readable.filter(
      ({ channelId }) => !readerOf(session, channelId) && !heads.watches(session, channelId),
    );
    assertRoom(session, heads, more.length);
    for (const { access, since } of readable) if (since !== undefined) session.assertMayRead(access.feed.name, since);
    for (const { access } of readable) access.feed.begin(access.entry.head, access.entry.accessVersion);
    // The answer leaves before the events after it.
    context.ack(answer);
    for (const each of readable) apply(session, each, mode);
  }

  return async (context, wanted, mode, toAnswer) => {
    const joins = toJoins(wanted);
    try {
      await prepare(context, joins, mode);
      if (!context.isOver) join(context, joins, mode, toAnswer(joins));
    } finally {
      for (const each of joins) release(context.session, each);
    }
  };
}

type Readable = Join & { access: JoinAccess };

export function isReadable(join: Join): join is Readable {
  return join.access !== undefined && !isBeyond(join);
}

export function isBeyond({ access, since }: Join): boolean {
  return access !== undefined && since !== undefined && since > access.entry.head;
}

function isStale({ access }: Join): boolean {
  return access !== undefined && !access.isCurrent();
}

function readerOf({ readers }: HubSession, channelId: number): Reader | undefined {
  return readers.get(logName(channelKey(channelId)));
}

function toJoins(wanted: readonly WantedJoin[]): Join[] {
  const byChannel = new Map(wanted.map((each) => [each.channel_id, each.since]));
  return [...byChannel].map(([channelId, since]) => ({ channelId, since, access: undefined, isCounted: false }));
}

/** Waits for all, even if one fails, because what a late one holds must be released too. */
async function all(work: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(work);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
