// What each client frame does.
import type { Authenticate } from '../../chat/accounts/authenticate.ts';
import type { Actor } from '../../chat/accounts/principal.ts';
import { channelKey, isChannelKey, logName, pairKey } from '../../chat/log/key.ts';
import type { Appended } from '../../chat/log/log.ts';
import type { Entry, PairEntry } from '../../chat/log/read.ts';
import type { Deadline } from '../../lib/deadline.ts';
import type { ClientFrame } from '../../protocol/decode-frame.ts';
import { ChatError, type ErrorCode, invalid, limitReached } from '../../protocol/errors.ts';
import type { ClientFrameData } from '../../protocol/frames.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { bodyOfFrame, type MessageAck, type SendMessageBody } from '../../protocol/messages.ts';
import type { Place } from '../connections/connection-limits.ts';
import type { Reply } from '../connections/frame-answer.ts';
import type { HubSession, SessionIdentity } from '../connections/session.ts';
import { attachReader, detachReader } from '../log/catch-up.ts';
import type { ChannelFeeds } from '../log/channel-feeds.ts';
import type { DirectFeeds } from '../log/direct-feeds.ts';
import type { Feed } from '../log/feed.ts';
import type { PresenceTracker } from '../presence/tracker.ts';

/** The one way in for messages, whatever carried them: chat/messages/messages.ts. */
export type Send = (actor: Actor, message: SendMessageBody, deadline: Deadline) => Promise<Appended>;

const TOO_MANY_CHANNELS = 'This connection reads as many channels as it may: leave one first, or use another';

export interface CommandDependencies {
  readonly authenticate: Authenticate;
  readonly send: Send;
  readonly feeds: ChannelFeeds;
  readonly directFeeds: DirectFeeds;
  readonly tracker: PresenceTracker;
  readonly now: () => number;
  /** What a join needs to know; undefined where the user is no member. Calls made at the same time share a statement. */
  readonly readEntry: (userId: number, channelId: number) => Promise<Entry | undefined>;
  /** The same for the direct messages of two users; undefined where the other does not exist. */
  readonly readPairEntry: (userId: number, otherId: number) => Promise<PairEntry | undefined>;
  /** Makes the connection the user's; resolves when live direct messages reach it. */
  readonly signIn: (session: HubSession, identity: Awaited<ReturnType<Authenticate>>) => Promise<void>;
  /** A place among the connections of the user. Rejects with RATE_LIMITED if there is none. */
  readonly takePlace: (userId: number) => Promise<Place>;
  /** Ends a connection whose first token was bad, or whose user has too many. */
  readonly refuse: (session: HubSession) => void;
}

/** A channel's feed, and what the database said after it was open. */
interface Entrance {
  readonly channelId: number;
  readonly feed: Feed;
  readonly entry: Entry;
  /** False where somebody was taken out since, or the feed was put away. */
  readonly isCurrent: () => boolean;
  /** The feed is not held open for this any more. */
  readonly release: () => void;
}

export type RunCommand = (session: HubSession, frame: ClientFrame, reply: Reply) => Promise<void>;

/** The data of `connection.connect`. */
export function connectData(session: HubSession) {
  return {
    user_id: session.user.id,
    username: session.user.username,
    client_id: session.id,
    status: 'connected',
    message: 'Connected to the chat service',
  };
}

export function createCommands(deps: CommandDependencies): RunCommand {
  const { feeds, directFeeds, tracker } = deps;

  function run(session: HubSession, frame: ClientFrame, reply: Reply): Promise<void> {
    switch (frame.type) {
      case 'channel.message':
      case 'direct.message':
        return message(session, frame.data, reply);
      case 'channel.join':
        return inOrder(session, reply, logName(channelKey(frame.data.channel_id)), () =>
          join(session, frame.data, reply),
        );
      case 'channel.leave':
        return inOrder(session, reply, logName(channelKey(frame.data.channel_id)), () =>
          leave(session, frame.data, reply),
        );
      case 'direct.join':
        return inOrder(session, reply, `u${frame.data.user_id}`, () => joinDirect(session, frame.data, reply));
      case 'authenticate':
        return session.hold(authenticate(session, frame.data.token, reply));
      case 'ping':
        reply.ack({});
        return Promise.resolve();
    }
  }

  async function message(
    session: HubSession,
    data: ClientFrameData<'channel.message'> | ClientFrameData<'direct.message'>,
    reply: Reply,
  ): Promise<void> {
    if (session.underWay) await joinUnderWay(session, data);
    const { message: stored, duplicate } = await deps.send(session.user, bodyOfFrame(data), reply.deadline);
    const ack: MessageAck = { id: stored.id, seq: stored.seq, created_at: stored.createdAt, duplicate };
    reply.ack(ack);
  }

  async function join(
    session: HubSession,
    { channel_id, since }: ClientFrameData<'channel.join'>,
    reply: Reply,
  ): Promise<void> {
    await assertReadable(session, channel_id);
    const entrance = await enter(session, channel_id, reply);
    if (!entrance) return;
    try {
      checkSince(since, entrance.entry.head);
      const known = session.readers.get(entrance.feed.name);
      if (since !== undefined) session.assertMayRead(entrance.feed.name, since);
      if (known) {
        answerJoin(entrance, reply);
        if (since !== undefined) known.restart(since, entrance.entry.head);
      } else await joinFirst(session, entrance, since, reply);
    } finally {
      entrance.release();
    }
  }

  /** Access comes before the feed: who is refused is to cost no more than this look-up. */
  async function assertReadable(session: HubSession, channelId: number): Promise<void> {
    if (session.readers.has(logName(channelKey(channelId)))) return;
    assertRoom(session);
    // The look-up behind an open feed is enough.
    if (feeds.get(channelId)) return;
    if (!(await deps.readEntry(session.user.id, channelId))) throw new ChatError('CHANNEL_NOT_FOUND');
  }

  /** All nodes are told first: who then hears that it joined may end another connection, and has not left by that. */
  async function joinFirst(
    session: HubSession,
    first: Entrance,
    since: number | undefined,
    reply: Reply,
  ): Promise<void> {
    const { channelId } = first;
    await tracker.joined(channelId, session.user);
    let reads = false;
    try {
      reads = await read(session, first, since, reply);
    } finally {
      if (!reads) tracker.left(channelId, session.user);
    }
  }

  /** Lets the connection read, if it still wants to. Asks again if somebody was taken out since the entrance was made. */
  async function read(
    session: HubSession,
    entrance: Entrance,
    since: number | undefined,
    reply: Reply,
  ): Promise<boolean> {
    if (isOver(session, reply)) return false;
    if (entrance.isCurrent()) {
      assertRoom(session);
      answerJoin(entrance, reply);
      const { feed, entry } = entrance;
      attachReader(session, feed, since ?? entry.head, entry.head);
      return true;
    }
    const next = await enter(session, entrance.channelId, reply);
    if (!next) return false;
    try {
      return await read(session, next, since, reply);
    } finally {
      next.release();
    }
  }

  function answerJoin({ channelId, feed, entry }: Entrance, reply: Reply): void {
    feed.begin(entry.head, entry.membersVersion);
    reply.ack({ channel_id: channelId, last_seq: entry.head });
  }

  /** Asks again if somebody was taken out meanwhile. Undefined if nobody waits for the answer any more. */
  async function enter(session: HubSession, channelId: number, reply: Reply): Promise<Entrance | undefined> {
    while (!isOver(session, reply)) {
      const held = feeds.hold(channelId);
      const { feed, release } = held;
      try {
        await held.subscribed;
        const { removals } = feed;
        const entry = await deps.readEntry(session.user.id, channelId);
        if (!entry) throw new ChatError('CHANNEL_NOT_FOUND');
        // The feed knows of a removal that this lookup may have missed, by its command or by the log itself.
        const isCurrent = () =>
          feeds.get(channelId) === feed && feed.removals === removals && entry.membersVersion >= feed.knownVersion();
        if (isCurrent()) return { channelId, feed, entry, isCurrent, release };
      } catch (error) {
        release();
        throw error;
      }
      release();
    }
    return undefined;
  }

  async function leave(
    session: HubSession,
    { channel_id }: ClientFrameData<'channel.leave'>,
    reply: Reply,
  ): Promise<void> {
    const reader = session.readers.get(logName(channelKey(channel_id)));
    if (reader) {
      detachReader(reader, deps.now());
      tracker.left(channel_id, session.user);
    }
    reply.ack({ channel_id });
  }

  async function joinDirect(
    session: HubSession,
    { user_id, since }: ClientFrameData<'direct.join'>,
    reply: Reply,
  ): Promise<void> {
    const entry = await deps.readPairEntry(session.user.id, user_id);
    if (!entry) throw new ChatError('USER_NOT_FOUND');
    checkSince(since, entry.head);
    const key = pairKey(session.user.id, user_id);
    while (!isOver(session, reply)) {
      const feed = directFeeds.join(key, session.user.id);
      if (!feed) return;
      await feed.whenSettled();
      // It may have been put away while it was waited for.
      if (isOver(session, reply) || directFeeds.feed(key) !== feed) continue;
      if (since !== undefined) session.assertMayRead(feed.name, since);
      feed.noteHead(entry.head, 0);
      reply.ack({ user_id, last_seq: entry.head });
      const reader = session.readers.get(feed.name) ?? attachReader(session, feed, entry.head, entry.head);
      if (since !== undefined) reader.restart(since, entry.head);
      return;
    }
  }

  async function authenticate(session: HubSession, token: string, reply: Reply): Promise<void> {
    const former = session.identity;
    const { identity, place } = await admit(session, token, former).catch((error: unknown) => {
      if (!former && error instanceof ChatError && isBad(error.code)) deps.refuse(session);
      throw error;
    });
    // The peer may have gone meanwhile: nobody would take back what is set up for it now.
    if (reply.isGiven || session.isClosed) return place?.release();
    if (former && former.user.id !== identity.principal.id) {
      throw new ChatError('FORBIDDEN', 'This connection belongs to another user');
    }
    if (former) session.identify(identity);
    else {
      session.admission?.release();
      session.admission = place;
      await deps.signIn(session, identity);
    }
    reply.ack(connectData(session));
  }

  /** Whom the token names, and for the first one of a connection a place among the connections of that user. */
  async function admit(session: HubSession, token: string, former: SessionIdentity | undefined) {
    const identity = await deps.authenticate(token, () => session.transport.address);
    return { identity, place: former ? undefined : await deps.takePlace(identity.principal.id) };
  }

  return run;
}

/** What a token is answered with that says nobody. */
function isBad(code: ErrorCode): boolean {
  return code === 'UNAUTHORIZED' || code === 'RATE_LIMITED';
}

/** A message sent right after a join of its channel is delivered to this connection too. */
async function joinUnderWay(
  session: HubSession,
  data: ClientFrameData<'channel.message'> | ClientFrameData<'direct.message'>,
): Promise<void> {
  const join = 'channel_id' in data ? session.underWay?.get(logName(channelKey(data.channel_id))) : undefined;
  await join?.catch(() => {});
}

/** Nobody waits any more for what the frame asked for. */
function isOver(session: HubSession, reply: Reply): boolean {
  return session.isClosed || reply.isGiven;
}

/** For one more channel. */
function assertRoom({ readers }: HubSession): void {
  if (readers.size < LIMITS.CONNECTION_CHANNELS_MAX) return;
  let channels = 0;
  for (const { feed } of readers.values()) if (isChannelKey(feed.key)) channels += 1;
  if (channels >= LIMITS.CONNECTION_CHANNELS_MAX) throw limitReached('channels', TOO_MANY_CHANNELS);
}

function checkSince(since: number | undefined, head: number): void {
  if (since !== undefined && since > head) throw invalid('since', `is beyond the end of the log, which is ${head}`);
}

/** Runs one after the other what a connection wants of one log; what was not begun in time is not begun at all. */
function inOrder(session: HubSession, reply: Reply, name: string, work: () => Promise<void>): Promise<void> {
  session.underWay ??= new Map();
  const { underWay } = session;
  const before = underWay.get(name);
  const next = async () => {
    if (!reply.isGiven) await work();
  };
  const mine = before ? before.then(next, next) : work();
  const forget = () => {
    if (underWay.get(name) === mine) underWay.delete(name);
    if (underWay.size === 0 && session.underWay === underWay) session.underWay = undefined;
  };
  underWay.set(name, mine);
  mine.then(forget, forget);
  return mine;
}
