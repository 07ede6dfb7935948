// The hub: the connections of this node, which are opened by transports, signed in, swept and drained.

import type { Broker } from '../../backends/broker/broker.ts';
import type { Clock } from '../../backends/clock/clock.ts';
import type { PresenceStore } from '../../backends/presence/presence-store.ts';
import type { Authenticate, Identity } from '../../chat/accounts/authenticate.ts';
import type { LogReads } from '../../chat/log/reads.ts';
import type { UseCases } from '../../chat/use-cases.ts';
import { createBoundary } from '../../lib/boundary.ts';
import { createDeadlines, type Deadline, deadlineIn, inTime } from '../../lib/deadline.ts';
import type { Logger } from '../../lib/logger.ts';
import { Timetable } from '../../lib/timetable.ts';
import { CLOSE } from '../../protocol/close-codes.ts';
import { ChatError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { answerError } from '../commands/answer-error.ts';
import { connectData } from '../commands/authenticate.ts';
import { createCommands } from '../commands/commands.ts';
import type { Delivery } from '../delivery.ts';
import { WATCHES_TICK_MS } from '../user-presence/watches.ts';
import type { ConnectionLimits, Place } from './connection-limits.ts';
import type { HubMetrics } from './metrics.ts';
import { HubSession, LONGEST_WAIT_MS, type SessionContext, type SessionLimits } from './session.ts';
import type { Session, Transport } from './transport.ts';

const SWEEP_MS = 1_000;
/** The number of connections that takes some milliseconds to sweep. */
const SWEPT_AT_ONCE = 500;
/** The clients of a draining node reconnect at random times within this time. */
const RECONNECT_SPREAD_MS = 2_000;
/** How long a draining node waits for work under way, and then for its connections to close. */
const DRAIN_WORK_MS = 4_000;
const DRAIN_CLOSE_MS = 2_000;
const DRAIN_STEP_MS = 20;
/** How late at most a frame gets the answer that it took too long. */
const LATE_BY_MS = 250;

export interface HubDependencies {
  readonly nodeId: string;
  readonly delivery: Delivery;
  readonly broker: Broker;
  readonly presence: PresenceStore;
  /** The interval of heartbeats. */
  readonly heartbeatMs: number;
  readonly reads: LogReads;
  readonly authenticate: Authenticate;
  readonly useCases: UseCases;
  readonly limits: SessionLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: HubMetrics;
  /** The ChatError for a failure of the database; undefined if it is our own mistake. */
  readonly toChatError: (error: unknown) => ChatError | undefined;
  /** The error for the log, without what users typed. */
  readonly withoutValues: (error: unknown) => unknown;
}

export interface Hub {
  /**
   * Takes a new connection. Without an identity it must authenticate by a frame in time. With one, `place` is what was
   * taken of its user's limit; it is released with the connection.
   */
  open(transport: Transport, identity: Identity | null, deadline?: Deadline, place?: Place): Session;
  /** The limits of users and addresses. Check them before opening a connection. */
  readonly limits: ConnectionLimits;
  /** The number of connections on this node. */
  connections(): number;
  /** Announces this node to the others and starts the periodic work. */
  start(): Promise<void>;
  /** Tells all connections to reconnect elsewhere, waits for their work, closes them. Takes at most some seconds. */
  drain(): Promise<void>;
  close(): void;
}

export function createHub(deps: HubDependencies): Hub {
  const { nodeId, delivery, broker, presence, reads, clock, logger } = deps;
  const { feeds, directFeeds, tracker, endReading, hooks, signals, connectionLimits } = delivery;
  const deadlines = createDeadlines(LATE_BY_MS);
  const sessions = new Timetable<HubSession>(LONGEST_WAIT_MS);
  const timers: Array<() => void> = [];
  const boundary = createBoundary(logger);
  let opened = 0;

  const context: SessionContext = {
    scheduler: delivery.scheduler,
    limits: deps.limits,
    metrics: deps.metrics,
    now: () => clock.monotonic(),
    wallTime: () => clock.now(),
    deadlines,
    toAnswerError: (error) => answerError(deps.toChatError(error) ?? deps.withoutValues(error), logger),
    sweepSoon: (session) => sessions.reschedule(session, 0),
    onClosed: forget,
    onCatchUpFailed: (err) => logger.warn({ err }, 'Cannot bring a connection up to date: will try again'),
    onFailure: (session, error) => boundary(error, () => session.cut()),
    run: createCommands({
      authenticate: deps.authenticate,
      useCases: deps.useCases,
      ...delivery,
      clock,
      reads,
      signIn,
      takePlace: connectionLimits.takeUser,
      // Deferred, so that the answer goes out first.
      refuse(session) {
        session.refuse();
        clock.defer(() => session.close(CLOSE.UNAUTHENTICATED, 'Authentication failed'));
      },
    }),
  };

  const open: Hub['open'] = (transport, identity, deadline = deadlineIn(LIMITS.ANSWER_MS), place = undefined) => {
    opened += 1;
    const session = new HubSession(`${nodeId}-${opened.toString(36)}`, transport, context);
    sessions.add(session, clock.monotonic());
    session.admission = identity ? place : connectionLimits.takeAddress(transport.address);
    if (identity) session.hold(welcome(session, identity, deadline)).catch((error: unknown) => session.failed(error));
    return session;
  };

  async function welcome(session: HubSession, identity: Identity, deadline: Deadline): Promise<void> {
    try {
      const signedIn = signIn(session, identity);
      await inTime(deadlines, deadline, signedIn, () => new ChatError('UNAVAILABLE'));
      if (!session.isClosed) session.outbox.push(signals.frame('connection.connect', connectData(session)));
    } catch (error) {
      if (session.isClosed) return;
      logger.warn({ err: error }, 'A connection could not be set up');
      session.outbox.push(closing('unavailable'));
      session.close(CLOSE.DRAIN, 'The service is not available');
    }
  }

  async function signIn(session: HubSession, identity: Identity): Promise<void> {
    if (session.isClosed) return;
    session.identify(identity);
    const announced = tracker.connected(identity.user.id);
    try {
      await directFeeds.connect(session, announced);
    } catch (error) {
      if (!session.isClosed) signOut(session);
      session.identify(undefined);
      throw error;
    }
  }

  function signOut(session: HubSession): void {
    directFeeds.disconnect(session);
    tracker.disconnected(session.user.id);
  }

  function forget(session: HubSession): void {
    sessions.remove(session);
    session.admission?.release();
    if (!session.identity) return;
    for (const reader of [...session.readers.values()]) endReading(reader);
    hooks.closed.emit(session);
    signOut(session);
  }

  /** Many pings are due at the same moment. They leave in parts, so that frames between them need not wait for all. */
  function sweepSessions(): void {
    const now = clock.monotonic();
    if (sessions.visit(now, (session) => sweepSession(session, now), SWEPT_AT_ONCE)) clock.defer(sweepSessions);
  }

  function sweepSession(session: HubSession, now: number): number {
    try {
      return session.sweep(now);
    } catch (error) {
      session.failed(error);
      return now;
    }
  }

  function sweep(): void {
    sweepSessions();
    feeds.sweep();
    directFeeds.sweep();
    delivery.reconciler.tick(broker.connected());
    delivery.accountCheck.tick(clock.monotonic());
  }

  function closing(reason: 'shutdown' | 'unavailable') {
    const reconnect = Math.round(Math.random() * RECONNECT_SPREAD_MS);
    return signals.frame('connection.closing', { reason, reconnect_after_ms: reconnect });
  }

  function wait(ms: number): Promise<void> {
    return new Promise((resolve) => clock.after(ms, resolve));
  }

  async function until(done: () => boolean, ms: number): Promise<void> {
    const end = clock.monotonic() + ms;
    while (!done() && clock.monotonic() < end) await wait(DRAIN_STEP_MS);
  }

  /** Closes the connections without work under way. Returns true if none is left open. */
  function closeIdle(draining: readonly HubSession[]): boolean {
    for (const session of draining) if (session.inFlight === 0) session.close(CLOSE.DRAIN, 'The node is shutting down');
    return draining.every((session) => session.isClosed);
  }

  async function drain(): Promise<void> {
    const draining = sessions.all();
    for (const session of draining) session.outbox.push(closing('shutdown'));
    await until(() => closeIdle(draining), DRAIN_WORK_MS);
    for (const session of sessions.all()) session.close(CLOSE.DRAIN, 'The node is shutting down');
    await until(() => draining.every((session) => session.transport.isClosed()), DRAIN_CLOSE_MS);
    for (const session of draining) session.transport.terminate();
  }

  return {
    open,
    limits: connectionLimits,
    connections: () => sessions.size,
    async start() {
      await presence.heartbeat(0);
      timers.push(clock.every(SWEEP_MS, sweep));
      timers.push(clock.every(WATCHES_TICK_MS, delivery.watches.tick));
      timers.push(clock.every(deps.heartbeatMs, () => void presence.heartbeat(tracker.connections())));
    },
    drain,
    close() {
      for (const stop of timers) stop();
      for (const session of sessions.all()) session.close(CLOSE.DRAIN, 'The node is shutting down');
      delivery.close();
    },
  };
}
