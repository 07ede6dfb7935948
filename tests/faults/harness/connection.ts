// One connection of a client, over raw WebSocket or Socket.IO, that can be cut without a goodbye.
import { io } from 'socket.io-client';
import WebSocket from 'ws';

export const TRANSPORTS = ['raw', 'socketio'] as const;
export type TransportName = (typeof TRANSPORTS)[number];

/** A server frame with the fields of its data that clients here use. */
export interface Frame {
  readonly id: string;
  readonly type: string;
  readonly seq?: number;
  readonly data: {
    readonly [field: string]: unknown;
    readonly id: number;
    readonly seq: number;
    readonly updated_seq: number;
    readonly channel_id?: number;
    readonly last_seq: number;
    readonly text?: string | null;
    readonly code?: string;
  };
}

/** The service answered with one of its codes. */
export class Refused extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`refused: ${code}`);
    this.code = code;
  }
}

/** The outcome of the request is unknown: the connection ended, or no answer came in time. */
export class Unanswered extends Error {}

export interface Connection {
  /** Sends a frame and returns its answer's data. Rejects with Refused, or with Unanswered after `patienceMs`. */
  call(type: string, data: object, patienceMs?: number): Promise<Frame['data']>;
  /** `pause` stops reading from the socket, and `resume` continues. */
  pause(): void;
  resume(): void;
  /** Ends it at once, as a lost network does. */
  cut(): void;
  /** Resolves with the close code, if the transport has one. */
  readonly closed: Promise<number | undefined>;
}

/** How long a client waits that has no other node to go to. */
const PATIENCE_MS = 30_000;

/**
 * Connects and waits for `connection.connect`, each for at most `patienceMs`. `onFrame` gets everything that arrives,
 * in order.
 */
export async function openConnection(
  transport: TransportName,
  url: string,
  token: string,
  onFrame: (frame: Frame) => void,
  patienceMs = PATIENCE_MS,
): Promise<Connection> {
  const calls = createCalls();
  let welcome = (): void => {};
  const welcomed = new Promise<void>((resolve) => {
    welcome = resolve;
  });
  const take = (frame: Frame): void => {
    if (frame.type === 'connection.connect') welcome();
    calls.answer(frame);
    onFrame(frame);
  };
  const wire = await (transport === 'raw' ? openRaw : openSocketIo)(url, token, patienceMs, take, calls.end);
  const lost = wire.closed.then(() => Promise.reject(new Unanswered('closed at once')));
  try {
    await Promise.race([welcomed, lost, late(patienceMs)]);
  } catch (error) {
    wire.cut();
    throw error;
  }
  return { ...wire, call: (type, data, wait = PATIENCE_MS) => calls.ask((id) => wire.send({ type, data, id }), wait) };
}

type Wire = Omit<Connection, 'call'> & { send(frame: object): void };
type Open = (
  url: string,
  token: string,
  patienceMs: number,
  take: (frame: Frame) => void,
  ended: () => void,
) => Promise<Wire>;

const openRaw: Open = async (url, token, patienceMs, take, ended) => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/ws`, {
    headers: { authorization: `Bearer ${token}` },
    handshakeTimeout: patienceMs,
  });
  socket.on('message', (data) => take(JSON.parse(String(data)) as Frame));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve)).finally(ended);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.on('error', reject);
  });
  return {
    closed,
    send: (frame) => socket.send(JSON.stringify(frame), () => {}),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    cut: () => socket.terminate(),
  };
};

const openSocketIo: Open = async (url, token, patienceMs, take, ended) => {
  const options = { transports: ['websocket'], reconnection: false, forceNew: true, auth: { token } };
  const socket = io(url, { ...options, timeout: patienceMs });
  socket.on('message', take);
  socket.on('error', (failure: { id?: string; code: string }) => {
    take({ id: failure.id ?? '', type: 'error', data: failure } as unknown as Frame);
  });
  const closed = new Promise<undefined>((resolve) => socket.once('disconnect', () => resolve(undefined)));
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
  } catch (error) {
    socket.disconnect();
    throw error;
  }
  const underlying = (): WebSocket => (socket.io.engine.transport as unknown as { ws: WebSocket }).ws;
  return {
    closed: closed.finally(ended),
    send: (frame) => void socket.emit('message', frame),
    pause: () => underlying().pause(),
    resume: () => underlying().resume(),
    cut: () => underlying().terminate(),
  };
};

function late(ms: number): Promise<never> {
  return new Promise((_, reject) => setTimeout(() => reject(new Unanswered('no answer in time')), ms).unref());
}

/** Frames that wait for the answer with their id. */
function createCalls() {
  const waiting = new Map<string, { resolve: (data: Frame['data']) => void; reject: (error: Error) => void }>();
  let asked = 0;
  let isEnded = false;

  return {
    ask(send: (id: string) => void, patienceMs: number): Promise<Frame['data']> {
      if (isEnded) return Promise.reject(new Unanswered('the connection has ended'));
      asked += 1;
      const id = `q${asked}`;
      return new Promise<Frame['data']>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Unanswered('no answer in time')), patienceMs);
        const settle = <T>(act: (value: T) => void) => {
          return (value: T) => {
            clearTimeout(timer);
            waiting.delete(id);
            act(value);
          };
        };
        waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
        send(id);
      });
    },
    answer({ id, type, data }: Frame): void {
      const call = waiting.get(id);
      if (type === 'error') call?.reject(new Refused(String(data.code)));
      else call?.resolve(data);
    },
    end(): void {
      isEnded = true;
      for (const { reject } of [...waiting.values()]) reject(new Unanswered('the connection ended'));
    },
  };
}
