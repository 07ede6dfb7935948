// A client that never gives up: it reads its conversations, reconnects to another node with `since` whenever its
// connection ends, and sends again what was not acked. It records everything.
import type { Acked, Reading, SeenEvent, Sitting } from '../checker.ts';
import { type Connection, type Frame, openConnection, Refused, type TransportName, Unanswered } from './connection.ts';
import { pause } from './pause.ts';
import type { Talk, User } from './people.ts';

export interface ClientOptions {
  readonly user: User;
  readonly transport: TransportName;
  /** What it reads: any channels, and at most one direct conversation, because the frames of that do not name it. */
  readonly reads?: readonly Talk[];
  /** The address to connect to, called each time. */
  readonly address: () => string;
  /** The longest time before it reconnects. The actual time is random. */
  readonly comesBackMs?: number;
  /** How long it waits for a connection and for answers before it tries another node. */
  readonly patienceMs?: number;
}

export interface Client {
  readonly user: User;
  readonly readings: readonly Reading[];
  readonly acked: readonly Acked[];
  /** Counts attempts to send that did not end in an ack, by their outcome. */
  readonly troubles: ReadonlyMap<string, number>;
  /** How often it connected. */
  readonly connects: () => number;
  /** How many frames came that are not about messages of what it reads: presence, and the like. */
  readonly signals: () => number;
  /** Sends until it is acked. Rejects if the service refuses for good. */
  send(talk: Talk, text: string, clientId: string): Promise<Acked>;
  /** Resolves with its connection, or with the next one if it has none. */
  connection(): Promise<Connection>;
  /** Ends the connection as a lost network does. The client reconnects by itself. */
  cut(): void;
  /** True if it has seen the event of this number, or began later. */
  reached(log: string, head: number): boolean;
  stop(): Promise<void>;
}

const RETRY_MS = 50;
/** After this long without an answer it tries another node. */
const CONNECT_MS = 3_000;
const ANSWER_MS = 5_000;
/** Errors after which a client tries again. */
const TRY_AGAIN = new Set(['UNAVAILABLE', 'RATE_LIMITED']);
const TYPES: Record<string, SeenEvent['type']> = {
  'channel.message': 'new',
  'direct.message': 'new',
  'message.updated': 'updated',
  'message.deleted': 'deleted',
};

interface Place {
  readonly talk: Talk;
  readonly sittings: Sitting[];
  /** The sitting that frames belong to. Undefined until its join is answered. */
  current: Sitting | undefined;
  cursor: number | undefined;
}

export function createClient(options: ClientOptions): Client {
  const { user, transport, reads = [], address, comesBackMs = 2 * RETRY_MS } = options;
  const { patienceMs: connectMs = CONNECT_MS, patienceMs: answerMs = ANSWER_MS } = options;
  const name = `${user.username} (${transport})`;
  const places = reads.map((talk): Place => ({ talk, sittings: [], current: undefined, cursor: undefined }));
  const channels = new Map(places.map((place) => ['channelId' in place.talk ? place.talk.channelId : 0, place]));
  const acked: Acked[] = [];
  const troubles = new Map<string, number>();
  let waiters: Array<(connection: Connection) => void> = [];
  let current: Connection | undefined;
  let connects = 0;
  let signals = 0;
  let stopped = false;
  const ended = live();

  async function live(): Promise<void> {
    while (!stopped) {
      try {
        await sit();
      } catch (error) {
        note(error);
      }
      if (!stopped) await pause(RETRY_MS + (comesBackMs - RETRY_MS) * Math.random());
    }
  }

  async function sit(): Promise<void> {
    for (const place of places) place.current = undefined;
    const connection = await openConnection(transport, address(), user.token, take, connectMs);
    connects += 1;
    try {
      if (stopped) return;
      for (const place of places) await join(connection, place);
      current = connection;
      const waiting = waiters;
      waiters = [];
      for (const resolve of waiting) resolve(connection);
      await connection.closed;
    } finally {
      current = undefined;
      connection.cut();
    }
  }

  async function join(connection: Connection, place: Place): Promise<void> {
    const since = place.cursor === undefined ? {} : { since: place.cursor };
    // The answer is recorded when it arrives, between two frames: see `take`.
    joining = place;
    if ('channelId' in place.talk)
      await connection.call('channel.join', { channel_id: place.talk.channelId, ...since }, answerMs);
    else await connection.call('direct.join', { user_id: other(place.talk.between), ...since }, answerMs);
  }

  let joining: Place | undefined;

  function take(frame: Frame): void {
    if (frame.type === 'ack' && joining && frame.data.last_seq !== undefined)
      return begin(joining, frame.data.last_seq);
    const type = TYPES[frame.type];
    if (type === undefined || frame.seq === undefined) {
      if (frame.type.startsWith('channel.')) signals += 1;
      return;
    }
    const place = channels.get(frame.data.channel_id ?? 0);
    if (!place?.current) return;
    const { id: messageId, seq: storedSeq, updated_seq: updatedSeq, text = null } = frame.data;
    place.current.events.push({ seq: frame.seq, type, messageId, storedSeq, updatedSeq, text });
    place.cursor = Math.max(place.cursor ?? 0, frame.seq);
  }

  function begin(place: Place, head: number): void {
    joining = undefined;
    place.current = { since: place.cursor, head, events: [] };
    place.sittings.push(place.current);
    place.cursor ??= head;
  }

  function other([low, high]: readonly [number, number]): number {
    return low === user.id ? high : low;
  }

  function note(error: unknown): void {
    const what = error instanceof Refused ? error.code : error instanceof Unanswered ? error.message : 'no connection';
    troubles.set(what, (troubles.get(what) ?? 0) + 1);
  }

  function connection(): Promise<Connection> {
    return current ? Promise.resolve(current) : new Promise((resolve) => waiters.push(resolve));
  }

  async function send(talk: Talk, text: string, clientId: string): Promise<Acked> {
    for (;;) {
      const used = await connection();
      try {
        const ack = await used.call(...messageTo(talk, text, clientId), answerMs);
        const told = { log: talk.name, senderId: user.id, clientId, messageId: ack.id, seq: ack.seq };
        acked.push(told);
        return told;
      } catch (error) {
        note(error);
        if (error instanceof Refused && !TRY_AGAIN.has(error.code)) throw error;
        // After this silence the node may be dead, and another one may answer.
        if (error instanceof Unanswered) used.cut();
        await pause(RETRY_MS * (1 + Math.random()));
      }
    }
  }

  function messageTo(talk: Talk, text: string, clientId: string): [string, object] {
    if ('channelId' in talk) return ['channel.message', { channel_id: talk.channelId, text, client_id: clientId }];
    return ['direct.message', { receiver_id: other(talk.between), text, client_id: clientId }];
  }

  return {
    user,
    readings: places.map(({ talk, sittings }) => ({ reader: name, log: talk.name, sittings })),
    acked,
    troubles,
    connects: () => connects,
    signals: () => signals,
    send,
    connection,
    cut: () => current?.cut(),
    reached: (log, head) => places.every(({ talk, cursor }) => talk.name !== log || (cursor ?? -1) >= head),
    async stop() {
      stopped = true;
      current?.cut();
      await ended;
    },
  };
}
