// The official Socket.IO clients, versions 4 and 2, with everything that the server emits in one queue.
import { createRequire } from 'node:module';
import { io, type Socket } from 'socket.io-client';
import { createQueue } from './queue.ts';

/** What the service emits, according to the contract. */
const SERVER_EVENTS = ['authenticated', 'message', 'joined_channel', 'left_channel', 'error'] as const;
type ServerEvent = (typeof SERVER_EVENTS)[number];

/** The data of an event: the fields of all of them. */
export interface EventData {
  readonly [field: string]: unknown;
  readonly type?: string;
  readonly id?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface EmittedEvent {
  readonly name: ServerEvent;
  readonly data: EventData;
}

/** The argument of an event's callback. */
export interface Acknowledgement {
  readonly ok: boolean;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface SocketIoClient {
  readonly socket: Socket;
  /** Everything that the server emitted, in order. */
  readonly events: readonly EmittedEvent[];
  /** Resolves with the client's reason when the connection has ended. */
  readonly disconnected: Promise<string>;
  emit(event: string, ...values: unknown[]): void;
  /** Emits with a callback and returns what that gets. */
  call(event: string, ...values: unknown[]): Promise<Acknowledgement>;
  /** The data of the first event of this name (for which `match` is true) that no call returned before. */
  next(name: ServerEvent, match?: (data: EventData) => boolean): Promise<EventData>;
  /** The first server frame of this type that no call returned before. */
  nextFrame(type: string): Promise<EventData>;
  close(): Promise<void>;
}

export interface SocketIoClientOptions {
  /** The version of the client library. */
  readonly version?: 2 | 4;
  readonly transports?: readonly ('websocket' | 'polling')[];
  readonly auth?: object;
  readonly query?: Record<string, string>;
  readonly extraHeaders?: Record<string, string>;
  /** Reconnect automatically after a connection was lost. Off by default. */
  readonly reconnection?: boolean;
}

type Connect = (url: string, options: object) => Socket;

const connectVersion2 = createRequire(import.meta.url)('socket.io-client-v2') as Connect;

/** Resolves when connected, before anything of the service's own protocol. Rejects if the server refuses. */
export async function openSocketIo(url: string, options: SocketIoClientOptions = {}): Promise<SocketIoClient> {
  const { version = 4, reconnection = false, ...rest } = options;
  const connect: Connect = version === 2 ? connectVersion2 : io;
  const socket = connect(url, {
    forceNew: true,
    reconnection,
    reconnectionDelay: 50,
    reconnectionDelayMax: 50,
    ...rest,
  });
  const events = createQueue<EmittedEvent>(({ name, data }) => `${name} ${data.type ?? ''}`);
  for (const name of SERVER_EVENTS) socket.on(name, (data: EventData) => events.push({ name, data }));
  const disconnected = new Promise<string>((resolve) => {
    socket.on('disconnect', (reason) => {
      if (!reconnection) events.end(`the connection ended (${reason})`);
      resolve(reason);
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });

  function next(name: ServerEvent, match: (data: EventData) => boolean = () => true): Promise<EventData> {
    return events.take((event) => event.name === name && match(event.data), name).then(({ data }) => data);
  }

  return {
    socket,
    events: events.items,
    disconnected,
    next,
    nextFrame: (type) => next('message', (frame) => frame.type === type),
    emit: (event, ...values) => void socket.emit(event, ...values),
    call: (event, ...values) => new Promise((resolve) => void socket.emit(event, ...values, resolve)),
    async close() {
      socket.disconnect();
      await disconnected;
    },
  };
}
