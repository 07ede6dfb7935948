// One connection: its user, what it may still send, which logs it reads. Commands do the work.
import type { Identity } from '../../chat/accounts/authenticate.ts';
import type { PresentUser, TokenClaims } from '../../chat/accounts/principal.ts';
import { type Deadline, type Deadlines, deadlineIn } from '../../lib/deadline.ts';
import { NOWHERE, type Scheduled } from '../../lib/timetable.ts';
import { type ClientFrame, clientFrameOf } from '../../protocol/client-frames.ts';
import { CLOSE } from '../../protocol/close-codes.ts';
import { decodeFrame } from '../../protocol/decode-frame.ts';
import { ChatError, ERRORS, type ErrorCode } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { PING_INTERVAL_MS, PING_TIMEOUT_MS } from '../../protocol/pings.ts';
import { catchUp } from '../log/catch-up.ts';
import type { Reader, ReaderOwner } from '../log/reader.ts';
import { RereadBudget } from '../log/reread-budget.ts';
import type { Place } from './connection-limits.ts';
import type { FlushScheduler } from './flush-scheduler.ts';
import { type Answering, FrameAnswer } from './frame-answer.ts';
import { FrameBudget, type Verdict } from './frame-budget.ts';
import type { HubMetrics } from './metrics.ts';
import { Outbox, type OutboxLimits, type OutboxOwner } from './outbox.ts';
import type { Answer, AnswerError, Incoming, Session, Transport } from './transport.ts';

/** The most frames of one connection that are worked on at once, or wait for its authentication. */
const MAX_IN_FLIGHT = 1024;
/**
 * The time until the next sweep of a connection that waits for something. It is less than the interval of sweeps, so
 * that it is always the next one, even if the timer is a millisecond early.
 */
const SOON_MS = 500;
/**
 * Pings leave in rounds, this far apart, because waking up once for many costs half as much as waking up for a few.
 * Connections that came in one rush are spread over the rounds.
 */
const PING_ROUND_MS = 5_000;
const PING_ROUNDS = PING_INTERVAL_MS / PING_ROUND_MS;
/** The longest time between two sweeps, because a ping is due by then. */
export const LONGEST_WAIT_MS = PING_INTERVAL_MS;

export interface SessionLimits extends OutboxLimits {
  readonly slowReaderTimeoutMs: number;
  /** Client frames per second, 0 for no limit. */
  readonly framesPerSecond: number;
}

export interface SessionContext {
  readonly scheduler: FlushScheduler;
  readonly limits: SessionLimits;
  readonly metrics: HubMetrics;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Milliseconds since 1970, for the end of tokens. */
  readonly wallTime: () => number;
  /** The deadlines of all answers of this node. */
  readonly deadlines: Deadlines;
  /** Works on one valid frame: see RunCommand. */
  readonly run: (answer: FrameAnswer<HubSession>, frame: ClientFrame) => unknown;
  readonly toAnswerError: (error: unknown) => AnswerError;
  /** Sweeps the session within about a second, whatever its last sweep said. */
  readonly sweepSoon: (session: HubSession) => void;
  /** The connection is gone. */
  readonly onClosed: (session: HubSession) => void;
  /** A catch-up failed. It will be tried again. */
  readonly onCatchUpFailed: (error: unknown) => void;
  /** Work for the session failed unexpectedly: cuts the connection. Never throws. */
  readonly onFailure: (session: HubSession, error: unknown) => void;
}

/** A frame that waits for the connection's authentication, and its answer if that takes too long. */
interface HeldFrame {
  readonly incoming: Incoming;
  readonly reply: FrameAnswer<HubSession>;
}

export class HubSession implements Session, ReaderOwner, OutboxOwner, Scheduled, Answering {
  readonly id: string;
  readonly transport: Transport;
  readonly outbox: Outbox;
  readonly readers = new Map<string, Reader>();
  /** The work under way for each log, so that joins and leaves happen in order. Mostly there is none. */
  underWay: Map<string, Promise<unknown>> | undefined;
  /** Its place in the hub's timetable. */
  place = NOWHERE;
  /** Its place in the limit of its address, or of its user once it has signed in. */
  admission: Place | undefined;
  /** Undefined before the first token, and if signing in failed. */
  identity: Identity | undefined;
  isClosed = false;
  inFlight = 0;
  private isRefused = false;
  private readonly context: SessionContext;
  private readonly budget: FrameBudget;
  private readonly openedAt: number;
  private seenAt: number;
  private pingAt: number;
  private catchingUp = false;
  /** Created when it first reads on from a number. Most connections never do. */
  private rereads: RereadBudget | undefined;
  /** Frames that arrived while the token was being checked; undefined at other times. */
  private waiting: HeldFrame[] | undefined;

  constructor(id: string, transport: Transport, context: SessionContext) {
    const now = context.now();
    this.id = id;
    this.transport = transport;
    this.context = context;
    this.outbox = new Outbox(transport, context.scheduler, context.limits, this);
    this.budget = new FrameBudget(context.limits.framesPerSecond, now);
    this.openedAt = now;
    this.seenAt = now;
    this.pingAt = firstPing(now);
  }

  get user(): PresentUser {
    if (!this.identity) throw new Error('The connection belongs to nobody yet');
    return this.identity.user;
  }

  get token(): TokenClaims | undefined {
    return this.identity?.token;
  }

  receive(incoming: Incoming): void {
    if (!this.admit(incoming.encode)) return;
    const deadline = deadlineIn(LIMITS.ANSWER_MS);
    if (!this.waiting) return this.dispatch(incoming, deadline);
    if (this.waiting.length < MAX_IN_FLIGHT)
      this.waiting.push({ incoming, reply: new FrameAnswer(this, incoming.encode, deadline) });
    else this.fail(incoming.encode, undefined, 'RATE_LIMITED');
  }

  receiveGarbage(encode: Incoming['encode']): void {
    if (!this.admit(encode)) return;
    this.context.metrics.frameReceived('invalid');
    this.fail(encode, undefined, 'INVALID_FRAME');
  }

  alive(): void {
    this.count();
  }

  /** Sets the user and token of the connection, or removes them again. */
  identify(identity: Identity | undefined): void {
    this.identity = identity;
    // The token may expire before the next sweep.
    this.context.sweepSoon(this);
  }

  /** The peer must take what waits for it in time. */
  onLagging(): void {
    this.context.sweepSoon(this);
  }

  failed(error: unknown): void {
    this.context.onFailure(this, error);
  }

  drained(): void {
    if (!this.outbox.lagging) return;
    this.outbox.lagging = false;
    this.catchUp();
  }

  closed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const { reply } of this.waiting ?? []) reply.end();
    this.waiting = undefined;
    this.context.onClosed(this);
  }

  /** Holds frames back until `settled`, which decides the user of this connection. */
  hold(settled: Promise<void>): Promise<void> {
    this.waiting = [];
    return settled.finally(() => {
      const held = this.waiting ?? [];
      this.waiting = undefined;
      for (const frame of held) this.release(frame);
    });
  }

  /** Frames behind one that signs in wait for it, even if they waited for an earlier one before. */
  private release(held: HeldFrame): void {
    const { incoming, reply } = held;
    if (reply.isGiven) return;
    if (this.waiting) {
      this.waiting.push(held);
      return;
    }
    reply.end();
    if (!this.isClosed && !this.isRefused) this.dispatch(incoming, reply.deadline);
  }

  get deadlines(): Deadlines {
    return this.context.deadlines;
  }

  /** The connection is about to be closed: stops working on what it sends or has sent. */
  refuse(): void {
    this.isRefused = true;
  }

  /** Closes the connection. What was pushed before goes out first. */
  close(code: number, reason: string): void {
    if (this.isClosed) return;
    this.outbox.flush();
    this.context.metrics.closedByServer(code);
    this.transport.close(code, reason);
    this.closed();
  }

  /** Catches up all readers that are behind, one after the other, as long as the peer keeps up. */
  catchUp(): void {
    // A failure ends an attempt. The sweep starts the next one.
    this.context.sweepSoon(this);
    if (this.catchingUp || this.isClosed || this.outbox.lagging) return;
    this.catchingUp = true;
    void this.catchUpAll().then(
      () => this.caughtUp(),
      (error: unknown) => {
        this.context.onCatchUpFailed(error);
        this.caughtUp();
      },
    );
  }

  mayRead(log: string, cursor: number): boolean {
    return this.rereads?.take(log, cursor, this.context.now()) ?? true;
  }

  noteRead(log: string, upTo: number): void {
    this.rereads ??= new RereadBudget(this.context.now());
    this.rereads.note(log, upTo);
  }

  /** Throws RATE_LIMITED if the log may not be read on from `since` now. */
  assertMayRead(log: string, since: number): void {
    if (this.mayRead(log, since)) return;
    const retryAfterMs = this.rereads?.retryAfterMs();
    throw new ChatError('RATE_LIMITED', 'The same part of this conversation was read too often', { retryAfterMs });
  }

  /** Does periodic work: deadlines, pings, catch-ups. `now` in ms. Returns the time of the next sweep. */
  sweep(now: number): number {
    this.keepDeadlines(now);
    if (this.isClosed) return now;
    if (now >= this.pingAt) {
      this.pingAt += PING_INTERVAL_MS;
      this.transport.ping();
    }
    // The process was paused for longer than the interval.
    if (this.pingAt <= now) this.pingAt = firstPing(now);
    if (this.outbox.lagging) this.checkStall(now);
    else if (this.firstBehind()) this.catchUp();
    else return this.nextDeadline(now);
    return now + SOON_MS;
  }

  private keepDeadlines(now: number): void {
    if (!this.identity && !this.waiting && now - this.openedAt >= LIMITS.AUTHENTICATION_TIMEOUT_MS) {
      this.close(CLOSE.UNAUTHENTICATED, 'No token came in time');
    } else if (this.identity && this.identity.token.expiresAt <= this.context.wallTime()) {
      this.close(CLOSE.UNAUTHENTICATED, 'The token ran out');
    } else if (now - this.seenAt >= PING_TIMEOUT_MS) {
      this.cut();
    }
  }

  private nextDeadline(now: number): number {
    const untilKnown = this.waiting ? now + SOON_MS : this.openedAt + LIMITS.AUTHENTICATION_TIMEOUT_MS;
    const { identity } = this;
    const token = identity ? now + identity.token.expiresAt - this.context.wallTime() : untilKnown;
    return Math.min(token, this.seenAt + PING_TIMEOUT_MS, this.pingAt);
  }

  private checkStall(now: number): void {
    const { outbox, transport } = this;
    const progress = transport.progress();
    if (outbox.stalledSince === 0 || progress !== outbox.stalledAt) {
      outbox.stalledSince = now;
      outbox.stalledAt = progress;
    } else if (now - outbox.stalledSince >= this.context.limits.slowReaderTimeoutMs) {
      this.close(CLOSE.SLOW_READER, 'Nothing was read for too long: come back with since');
    }
  }

  /** Ends the connection without a closing handshake, because the peer is gone or nothing can be sent safely. */
  cut(): void {
    this.transport.terminate();
    this.closed();
  }

  private async catchUpAll(): Promise<void> {
    // Readers that may not read on yet wait for the next attempt. The others go on.
    const waiting = new Set<Reader>();
    for (let reader = this.firstBehind(); reader; reader = this.firstBehind(waiting)) {
      const { name } = reader.feed;
      const current = reader;
      if (!(await catchUp(reader, () => this.isClosed || this.readers.get(name) !== current))) waiting.add(reader);
      if (this.isClosed || this.outbox.lagging) return;
    }
  }

  private firstBehind(except?: ReadonlySet<Reader>): Reader | undefined {
    for (const reader of this.readers.values()) if (!reader.live && !except?.has(reader)) return reader;
    return undefined;
  }

  private caughtUp(): void {
    this.catchingUp = false;
  }

  /** Counts a frame. Returns false if it must not be worked on. */
  private admit(encode: Incoming['encode']): boolean {
    const verdict = this.count();
    if (verdict === 'limited') this.fail(encode, undefined, 'RATE_LIMITED', this.budget.retryAfterMs());
    return verdict === 'allowed';
  }

  /** Counts what arrived, a frame or not. Closes the connection if it is too much. */
  private count(): Verdict {
    if (this.isClosed || this.isRefused) return 'flood';
    const now = this.context.now();
    this.seenAt = now;
    const verdict = this.budget.take(now);
    if (verdict === 'flood') this.close(CLOSE.FLOOD, 'Too many frames');
    else if (!this.outbox.overflowing()) return verdict;
    else this.close(CLOSE.SLOW_READER, 'Answers are not read: come back with since');
    return 'flood';
  }

  private dispatch(incoming: Incoming, deadline: Deadline): void {
    const { encode } = incoming;
    const decoded = decodeFrame(incoming.frame);
    if (!decoded.ok) {
      this.context.metrics.frameReceived('invalid');
      const { code, message = ERRORS[code].text, details } = decoded.problem;
      return this.answer(encode, { ok: false, type: undefined, error: { code, message, ...(details && { details }) } });
    }
    const { frame } = decoded;
    this.context.metrics.frameReceived(frame.type);
    if (!this.identity && !clientFrameOf(frame.type)?.beforeSignIn) {
      return this.fail(encode, frame.type, 'NOT_AUTHENTICATED');
    }
    if (this.inFlight >= MAX_IN_FLIGHT) return this.fail(encode, frame.type, 'RATE_LIMITED', 1000);
    this.run(frame, incoming, deadline);
  }

  private run(frame: ClientFrame, incoming: Incoming, deadline: Deadline): void {
    const reply = new FrameAnswer(this, incoming.encode, deadline, frame.type);
    this.inFlight += 1;
    try {
      const given = this.context.run(reply, frame);
      // Not awaited if it is not a promise, so that the answer leaves before what follows.
      if (!(given instanceof Promise)) return this.succeeded(reply, given);
      given.then(
        (data) => this.succeeded(reply, data),
        (error: unknown) => this.failedFrame(reply, error),
      );
    } catch (error) {
      this.failedFrame(reply, error);
    }
  }

  /** The work for a frame is done. `data` is undefined if it gave its answer itself. */
  private succeeded(reply: FrameAnswer<HubSession>, data: unknown): void {
    this.inFlight -= 1;
    if (data === undefined) reply.end();
    else reply.ack(data);
  }

  private failedFrame(reply: FrameAnswer<HubSession>, error: unknown): void {
    this.inFlight -= 1;
    if (!reply.isGiven) reply.fail(this.context.toAnswerError(error));
  }

  private fail(encode: Incoming['encode'], type: string | undefined, code: ErrorCode, retryAfterMs?: number): void {
    const retry = retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs };
    this.answer(encode, { ok: false, type, error: { code, message: ERRORS[code].text, ...retry } });
  }

  answer(encode: Incoming['encode'], answer: Answer): void {
    if (this.isClosed) return;
    // Caught here, because the caller is often a timer or a promise that nobody awaits.
    try {
      const out = encode(answer);
      if (out) this.outbox.push(out);
    } catch (error) {
      this.failed(error);
    }
  }
}

/** The time of a connection's first ping: a random round of the interval. */
function firstPing(now: number): number {
  const round = Math.floor(now / PING_ROUND_MS) + 1 + Math.floor(Math.random() * PING_ROUNDS);
  return round * PING_ROUND_MS;
}
