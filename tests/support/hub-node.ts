// A node's live side in the test's own process, over a real database, and connections that record what they are sent.
import type { Broker } from '../../src/backends/broker/broker.ts';
import type { Clock } from '../../src/backends/clock/clock.ts';
import { createSystemClock } from '../../src/backends/clock/system.ts';
import { createMemoryPresence } from '../../src/backends/presence/memory.ts';
import { HEARTBEAT_MS, type PresenceStore } from '../../src/backends/presence/presence-store.ts';
import type { Identity } from '../../src/chat/accounts/authenticate.ts';
import type { Principal } from '../../src/chat/accounts/principal.ts';
import { NO_ERASURE } from '../../src/chat/channels/erasure.ts';
import { createEmailView } from '../../src/chat/email-view.ts';
import { createAppend } from '../../src/chat/log/append.ts';
import { createChangeMessage } from '../../src/chat/log/change.ts';
import { createReadLog } from '../../src/chat/log/read.ts';
import { createLogReads } from '../../src/chat/log/reads.ts';
import { createLastSeen } from '../../src/chat/presence/last-seen.ts';
import { createFindVisible } from '../../src/chat/presence/visible.ts';
import { createUseCases, type UseCaseDependencies } from '../../src/chat/use-cases.ts';
import type { Database } from '../../src/database/database.ts';
import { toChatError, withoutValues } from '../../src/database/errors.ts';
import { ChatError } from '../../src/protocol/errors.ts';
import type { ServerFrame } from '../../src/protocol/server-frames.ts';
import { answerableId, answerFrame } from '../../src/realtime/commands/answer-frame.ts';
import { createHub } from '../../src/realtime/connections/hub.ts';
import { type Outgoing, outgoing } from '../../src/realtime/connections/outgoing.ts';
import type { SessionLimits } from '../../src/realtime/connections/session.ts';
import type { Session, Transport } from '../../src/realtime/connections/transport.ts';
import { createDelivery } from '../../src/realtime/delivery.ts';
import { createSilentLogger } from './silent-logger.ts';

const UNBOUNDED = { perUser: 0, perAddress: 0 };
const LIMITS: SessionLimits = { maxBufferedBytes: 1 << 20, slowReaderTimeoutMs: 30_000, framesPerSecond: 0 };

/** Users come by tokens that are their ids: nobody registers or signs in by a password. */
const NO_PASSWORDS = { reservedEmails: [] } as unknown as Pick<
  UseCaseDependencies,
  'tokens' | 'sessions' | 'passwords' | 'failures' | 'digest' | 'reservedEmails'
>;

export type Frame = ServerFrame & { data: Record<string, unknown> };

/** A connection without a socket: takes everything at once, or nothing while it is full. */
export class RecordingTransport implements Transport {
  readonly name = 'raw';
  readonly address = '192.0.2.1';
  readonly frames: Frame[] = [];
  readonly writes: number[] = [];
  closedWith: number | undefined;
  session: Session | undefined;
  /** While true, what is written counts as buffered. `drain` takes it. */
  full = false;
  /** The most events written between two drains while more than `bound` were already waiting. */
  mostBeyondBound = 0;
  bound = Number.POSITIVE_INFINITY;
  private beyondBound = 0;
  private buffered = 0;
  private readonly waiters = new Set<() => void>();
  private asked = 0;

  write(batch: readonly Outgoing[]): void {
    if (this.closedWith !== undefined) return;
    this.writes.push(batch.length);
    const overfull = this.buffered > this.bound;
    for (const { texts, size } of batch) {
      for (const text of texts) {
        const frame = JSON.parse(text) as Frame;
        this.frames.push(frame);
        if (overfull && frame.seq !== undefined) this.beyondBound += 1;
      }
      if (this.full) this.buffered += size;
    }
    this.mostBeyondBound = Math.max(this.mostBeyondBound, this.beyondBound);
    this.wake();
  }

  bufferedBytes(): number {
    return this.buffered;
  }

  drain(): void {
    this.full = false;
    this.buffered = 0;
    this.beyondBound = 0;
    this.session?.drained();
  }

  progress(): number {
    return 0;
  }

  /** The peer answers at once. */
  ping(): void {
    this.session?.alive();
  }

  close(code: number): void {
    this.closedWith ??= code;
    this.wake();
  }

  terminate(): void {
    this.close(1006);
  }

  isClosed(): boolean {
    return this.closedWith !== undefined;
  }

  /** The peer is gone. */
  cut(): void {
    this.closedWith ??= 1006;
    this.session?.closed();
    this.wake();
  }

  /** Sends a client frame and waits for its answer. Rejects if the connection is closed before. */
  async ask(type: string, data: object = {}): Promise<Frame> {
    this.asked += 1;
    const id = `q${this.asked}`;
    const encode = (answer: Parameters<typeof answerFrame>[0]) => {
      const text = answerFrame(answer, id, Date.now());
      return text === undefined ? undefined : outgoing([text]);
    };
    const frame = { type, data, id };
    if (answerableId(frame, 64)) this.session?.receive({ frame, encode });
    return this.until((one) => one.id === id, 15_000, 'or closed');
  }

  /** The first frame, past or future, that matches. With `orClosed`, rejects when the connection ends. */
  async until(fits: (frame: Frame) => boolean, patienceMs = 15_000, orClosed?: 'or closed'): Promise<Frame> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const found = this.frames.find(fits);
      if (found) return found;
      if (orClosed && this.isClosed()) throw new Error('Closed before that came');
      if (Date.now() > deadline) throw new Error(`No such frame among ${this.frames.length}`);
      await new Promise<void>((resolve) => {
        this.waiters.add(resolve);
        setTimeout(resolve, 100);
      });
    }
  }

  private wake(): void {
    const waiting = [...this.waiters];
    this.waiters.clear();
    for (const resolve of waiting) resolve();
  }
}

export function createHubNode(options: {
  nodeId: string;
  db: Database;
  broker: Broker;
  limits?: Partial<SessionLimits>;
  users: ReadonlyMap<number, Principal>;
  clock?: Clock;
  /** All nodes of the cluster. Only this one if not given. */
  nodeIds?: () => string[];
  connectionLimits?: { perUser: number; perAddress: number };
  /** Messages in a page of a catch-up. */
  pageMessages?: number;
  /** Awaited inside everything that a connection waits for. `step` names it. */
  pause?: (step: Step) => Promise<void>;
}) {
  const { nodeId, db, users, nodeIds, pageMessages, pause = async () => {} } = options;
  let pending = 0;

  async function after<T>(step: Step, work: () => Promise<T>): Promise<T> {
    pending += 1;
    try {
      await pause(step);
      return await work();
    } finally {
      pending -= 1;
    }
  }

  const late = <T>(work: Promise<T>, step: Step) => after(step, () => work);
  const broker: Broker = {
    ...options.broker,
    subscribe(topic, listener) {
      const { ready, unsubscribe } = options.broker.subscribe(topic, listener);
      return { ready: late(ready, 'subscription'), unsubscribe };
    },
  };
  const clock = options.clock ?? createSystemClock({ defer: setImmediate });
  const memory = createMemoryPresence({ nodeId });
  const presence: PresenceStore = {
    ...memory,
    ...(nodeIds && { nodes: async () => nodeIds() }),
    // Changes are made in order. Only their answers come late.
    setConnected: (userId, isConnected) => late(memory.setConnected(userId, isConnected), 'presence'),
    enter: (channelId, userId) => late(memory.enter(channelId, userId), 'presence of a channel'),
  };
  const logger = createSilentLogger();
  let pagesRead = 0;
  const all = createLogReads({ db, emails: createEmailView(true) });
  const readLog = createReadLog({ db });
  const reads: typeof all = {
    ...all,
    entry: (userId, channelId) => after('membership', () => all.entry(userId, channelId)),
    pairEntry: (userId, otherId) => after('log of a pair', () => all.pairEntry(userId, otherId)),
    pairHeads: (userId) => after('heads of pairs', () => all.pairHeads(userId)),
    page: (key, from) => {
      pagesRead += 1;
      const read = () =>
        pageMessages && !('accountId' in key) ? readLog(key, from, pageMessages) : all.page(key, from);
      return after('page of a log', read);
    },
  };
  const delivery = createDelivery({
    nodeId,
    broker,
    presence,
    reads,
    lastSeen: createLastSeen({ db, clock, logger }),
    findVisible: createFindVisible({ db }),
    clock,
    logger,
    limits: options.connectionLimits ?? UNBOUNDED,
  });
  const { sink, announce, signals } = delivery;
  const append = createAppend({ db, sink, clock });
  const change = createChangeMessage({ db, sink, clock });
  const useCases = createUseCases({
    ...{ db, clock, append, change, sink, announce, signals },
    emails: createEmailView(true),
    accountsMoved: delivery.accountFeeds.moved,
    erasure: NO_ERASURE,
    maxTextLength: Number.POSITIVE_INFINITY,
    eraseDeleted: true,
    ...NO_PASSWORDS,
  });
  const hub = createHub({
    nodeId,
    delivery,
    broker,
    presence,
    heartbeatMs: HEARTBEAT_MS,
    reads,
    clock,
    logger,
    limits: { ...LIMITS, ...options.limits },
    authenticate: (token) =>
      after('account', async () => {
        const principal = users.get(Number(token));
        if (!principal) throw new ChatError('UNAUTHORIZED');
        return identityOf(principal);
      }),
    useCases,
    metrics: { frameReceived() {}, closedByServer() {} },
    toChatError,
    withoutValues,
  });

  return {
    delivery,
    hub,
    presence,
    logger,
    append,
    change,
    members: useCases.members,
    pagesRead: () => pagesRead,
    /** Resolves once nothing is awaited for a connection, and its consequences are done. */
    async idle() {
      for (let quiet = 0; quiet < 3; quiet += 1) {
        await new Promise(setImmediate);
        if (pending > 0) quiet = -1;
      }
    },
    /** A connection of the user, signed in. */
    async connect(userId: number): Promise<RecordingTransport> {
      const transport = new RecordingTransport();
      const principal = users.get(userId) as Principal;
      transport.session = hub.open(transport, identityOf(principal));
      await transport.until((frame) => frame.type === 'connection.connect');
      return transport;
    },
  };
}

/** What a connection waits for. */
export const STEPS = [
  'account',
  'subscription',
  'presence',
  'heads of pairs',
  'membership',
  'presence of a channel',
  'log of a pair',
  'page of a log',
] as const;
export type Step = (typeof STEPS)[number];

export type HubNode = ReturnType<typeof createHubNode>;

/** As if from a token that does not expire. Nothing tells tokens of one user apart. */
function identityOf(principal: Principal): Identity {
  const token = { userId: principal.id, tokenId: `${principal.id}`, issuedAt: 0, generation: 0 };
  const expiresAt = Number.POSITIVE_INFINITY;
  const { id, username } = principal;
  return { user: { id, username }, token: { ...token, expiresAt } };
}
