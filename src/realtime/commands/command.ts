// The definition of a command, which does what a client frame asks for, and what it may use.
import type { Clock } from '../../backends/clock/clock.ts';
import type { Authenticate, Identity } from '../../chat/accounts/authenticate.ts';
import type { LogReads } from '../../chat/log/reads.ts';
import type { UseCases } from '../../chat/use-cases.ts';
import type { Deadline } from '../../lib/deadline.ts';
import type { ClientFrameType } from '../../protocol/client-frames.ts';
import type { AnswerOf, ClientFrameDefinition, DataOf } from '../../protocol/frame.ts';
import type { AccountFeeds } from '../accounts/account-feeds.ts';
import type { Place } from '../connections/connection-limits.ts';
import type { HubSession } from '../connections/session.ts';
import type { Heads } from '../heads/heads.ts';
import type { Hooks } from '../hooks.ts';
import type { ChannelFeeds } from '../log/channel-feeds.ts';
import type { DirectFeeds } from '../log/direct-feeds.ts';
import type { EndReading } from '../log/end-reading.ts';
import type { PresenceTracker } from '../presence/tracker.ts';
import type { Signals } from '../signals/signals.ts';
import type { Watches } from '../user-presence/watches.ts';

/** A client frame that is being worked on. */
export interface CommandContext<Answer = unknown> {
  readonly session: HubSession;
  /** The work for the frame must be done by then. */
  readonly deadline: Deadline;
  /**
   * Nobody waits for the result any more: the frame was answered (UNAVAILABLE if it took too long), or the client is
   * gone. Check it after every await, because nothing more must be done then.
   */
  readonly isOver: boolean;
  /** Answers that the frame succeeded. Only the first answer is sent. */
  ack(answer: Answer): void;
}

/** What a client frame does. The session validates, limits and counts frames, keeps deadlines and encodes answers. */
export interface Command<F extends ClientFrameDefinition<ClientFrameType> = ClientFrameDefinition<ClientFrameType>> {
  readonly frame: F;
  /**
   * Frames of one connection for which this returns the same log (or several, one of them the same) run one after the
   * other, in the order in which they came. All others run at the same time.
   */
  inOrderOf?(data: DataOf<F>): string | readonly string[];
  /**
   * Returns the data of the answer, or undefined if it called `context.ack` itself, because something has to follow the
   * answer at once. Rejects with a ChatError that becomes the answer.
   */
  run(
    context: CommandContext<AnswerOf<F>>,
    data: DataOf<F>,
  ): AnswerOf<F> | undefined | Promise<AnswerOf<F> | undefined>;
}

export function defineCommand<F extends ClientFrameDefinition<ClientFrameType>>(command: Command<F>): Command {
  return command;
}

/** What commands may use. Each takes what it needs. */
export interface CommandDependencies {
  readonly authenticate: Authenticate;
  readonly useCases: UseCases;
  readonly feeds: ChannelFeeds;
  readonly directFeeds: DirectFeeds;
  readonly heads: Heads;
  readonly accountFeeds: AccountFeeds;
  readonly tracker: PresenceTracker;
  readonly signals: Signals;
  readonly watches: Watches;
  readonly hooks: Hooks;
  readonly clock: Clock;
  readonly reads: Pick<LogReads, 'entry' | 'pairEntry' | 'accountHeads'>;
  readonly endReading: EndReading;
  /** Signs the connection in. Resolves when live direct messages reach it. */
  readonly signIn: (session: HubSession, identity: Identity) => Promise<void>;
  /** Takes a place in the user's limit. Rejects with RATE_LIMITED if there is none. */
  readonly takePlace: (userId: number) => Promise<Place>;
  /** Ends a connection whose first token was bad, or whose user has too many connections. */
  readonly refuse: (session: HubSession) => void;
}
