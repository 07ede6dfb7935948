// What a client frame does: the definition of a command, and what it may use.
import type { Clock } from '../../backends/clock/clock.ts';
import type { Authenticate, Identity } from '../../chat/accounts/authenticate.ts';
import type { Actor } from '../../chat/accounts/principal.ts';
import type { Appended } from '../../chat/log/log.ts';
import type { LogReads } from '../../chat/log/reads.ts';
import type { Deadline } from '../../lib/deadline.ts';
import type { ClientFrameType } from '../../protocol/client-frames.ts';
import type { AnswerOf, ClientFrameDefinition, DataOf } from '../../protocol/frame.ts';
import type { SendMessageBody } from '../../protocol/messages.ts';
import type { Place } from '../connections/connection-limits.ts';
import type { HubSession } from '../connections/session.ts';
import type { Hooks } from '../hooks.ts';
import type { ChannelFeeds } from '../log/channel-feeds.ts';
import type { DirectFeeds } from '../log/direct-feeds.ts';
import type { EndReading } from '../log/end-reading.ts';
import type { PresenceTracker } from '../presence/tracker.ts';
import type { Signals } from '../signals/signals.ts';

/** One client frame that is being worked on. */
export interface CommandContext<Answer = unknown> {
  readonly session: HubSession;
  /** What is done for the frame is to be done by then. */
  readonly deadline: Deadline;
  /**
   * Nobody waits any more for what the frame asked for: the client was told something (UNAVAILABLE if it took too long),
   * or is gone. To be asked after every wait, for what was not done by then is not to be done.
   */
  readonly isOver: boolean;
  /** Answers that the frame did what it is for. Once; later answers go nowhere. */
  ack(answer: Answer): void;
}

/** What a client frame does. Validation, limits, deadlines, metrics and the encoding of answers are not its concern. */
export interface Command<F extends ClientFrameDefinition<ClientFrameType> = ClientFrameDefinition<ClientFrameType>> {
  readonly frame: F;
  /**
   * Frames of one connection that name the same log here run one after the other, in the order in which they came. All
   * others run at the same time.
   */
  inOrderOf?(data: DataOf<F>): string;
  /**
   * Gives the data of the answer. Gives nothing if it answered by `context.ack` itself, because something has to follow
   * the answer in the same moment. Rejects with a ChatError that becomes the answer.
   */
  run(
    context: CommandContext<AnswerOf<F>>,
    data: DataOf<F>,
  ): AnswerOf<F> | undefined | Promise<AnswerOf<F> | undefined>;
}

export function defineCommand<F extends ClientFrameDefinition<ClientFrameType>>(command: Command<F>): Command {
  return command;
}

/** What commands are made with; each takes what it needs. */
export interface CommandDependencies {
  readonly authenticate: Authenticate;
  /** The one way in for messages, whatever carried them: chat/messages/messages.ts. */
  readonly send: Send;
  readonly feeds: ChannelFeeds;
  readonly directFeeds: DirectFeeds;
  readonly tracker: PresenceTracker;
  readonly signals: Signals;
  readonly hooks: Hooks;
  readonly clock: Clock;
  readonly reads: Pick<LogReads, 'entry' | 'pairEntry'>;
  readonly endReading: EndReading;
  /** Makes the connection the user's; resolves when live direct messages reach it. */
  readonly signIn: (session: HubSession, identity: Identity) => Promise<void>;
  /** A place among the connections of the user. Rejects with RATE_LIMITED if there is none. */
  readonly takePlace: (userId: number) => Promise<Place>;
  /** Ends a connection whose first token was bad, or whose user has too many. */
  readonly refuse: (session: HubSession) => void;
}

export type Send = (actor: Actor, message: SendMessageBody, deadline: Deadline) => Promise<Appended>;
