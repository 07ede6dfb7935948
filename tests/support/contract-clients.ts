// The clients of the conformance suite: one small chat client over raw WebSocket and over Socket.IO.
import { io, type Socket } from 'socket.io-client';
import WebSocket from 'ws';
import { answerProblem, frameProblem } from './defined-frames.ts';
import { createQueue } from './queue.ts';

export const TRANSPORTS = ['raw', 'socketio'] as const;
export type TransportName = (typeof TRANSPORTS)[number];

/** The data of a server frame: the fields that tests use, and whatever else came. */
export interface FrameData {
  [field: string]: unknown;
  id?: number;
  seq?: number;
  updated_seq?: number;
  last_seq?: number;
  channel_id?: number;
  receiver_id?: number;
  user_id?: number;
  text?: string | null;
}

export interface ServerFrame {
  id: string;
  type: string;
  data: FrameData;
  timestamp: number;
  user_id?: number;
  seq?: number;
}

/** A refusal: the data of a raw `error` frame with the id that it answers, or the event `error` of Socket.IO. */
export interface Failure {
  code: string;
  message: string;
  id?: string;
  details?: { path: string; message: string }[];
  retry_after_ms?: number;
}

/** How a connection ended, and when by `performance.now()`. Socket.IO has no close codes. */
export interface Closed {
  code: number | undefined;
  reason: string;
  at: number;
}

type Match = string | ((frame: ServerFrame) => boolean);

export interface ChatClient {
  readonly transport: TransportName;
  /** Every server frame, in the order of arrival. */
  readonly frames: readonly ServerFrame[];
  /** Every refusal, in the order of arrival. */
  readonly failures: readonly Failure[];
  /** Resolves when the connection has ended, by either side. */
  readonly closed: Promise<Closed>;
  /** Sends anything as a frame and does not wait. */
  emit(frame: unknown): void;
  /** Sends a frame with a new id and returns the data of its one answer. Throws if that is a refusal. */
  call(type: string, data?: object): Promise<FrameData>;
  /** Sends a frame with a new id and returns its refusal. Throws if it succeeds. */
  refused(type: string, data?: unknown): Promise<Failure>;
  /** The first frame of this type (or for which the function is true) that no `next` has returned before. */
  next(match: Match): Promise<ServerFrame>;
  /** The first refusal that no `nextFailure` has returned before. */
  nextFailure(match?: (failure: Failure) => boolean): Promise<Failure>;
  /** Resolves when everything that the server sent to this connection before the call has arrived. */
  fence(): Promise<void>;
  /** Stops reading from the socket; `resume` goes on. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly token?: string;
}

/** Connects. With a token, resolves when the server has sent `connection.connect`, and throws if it refuses. */
export async function connect(
  transport: TransportName,
  url: string,
  { token }: ConnectOptions = {},
): Promise<ChatClient> {
  const client = transport === 'raw' ? await connectRaw(url, token) : await connectSocketIo(url, token);
  if (token !== undefined) await client.next('connection.connect');
  return client;
}

async function connectRaw(url: string, token: string | undefined): Promise<ChatClient> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return rawClient(new WebSocket(rawAddress(url), { headers }));
}

/** The address of raw WebSocket at the service at `url`. */
export function rawAddress(url: string): string {
  return `${url.replace('http', 'ws')}/api/v1/ws`;
}

/** A chat client over a WebSocket that is being opened. Throws if the server refuses the upgrade. */
export async function rawClient(socket: WebSocket): Promise<ChatClient> {
  const inbox = createInbox();
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data)) as ServerFrame;
    inbox.frame(frame);
    if (frame.type === 'error') inbox.failure({ ...(frame.data as unknown as Failure), id: frame.id });
  });
  socket.on('close', (code, reason) => inbox.end(code, String(reason)));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.on('error', reject);
  });
  return chatClient('raw', inbox, {
    emit: (frame) => socket.send(JSON.stringify(frame)),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end() {
      socket.resume();
      socket.close();
    },
  });
}

async function connectSocketIo(url: string, token: string | undefined): Promise<ChatClient> {
  const auth = token === undefined ? {} : { token };
  return socketIoClient(io(url, { transports: ['websocket'], reconnection: false, forceNew: true, auth }));
}

/** A chat client over a Socket.IO socket that is being connected. */
export async function socketIoClient(socket: Socket): Promise<ChatClient> {
  const inbox = createInbox();
  socket.on('message', inbox.frame);
  socket.on('error', inbox.failure);
  socket.on('disconnect', (reason) => inbox.end(undefined, reason));
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  const underlying = (): WebSocket => (socket.io.engine.transport as unknown as { ws: WebSocket }).ws;
  return chatClient('socketio', inbox, {
    emit: (frame) => void socket.emit('message', frame),
    pause: () => underlying().pause(),
    resume: () => underlying().resume(),
    end: () => void socket.disconnect(),
  });
}

/** What one connection received. An answer is a frame or a refusal with the id of a frame that `ask` sent. */
function createInbox() {
  const frames = createQueue<ServerFrame>((frame) => `${frame.type} ${frame.seq ?? ''}`);
  const failures = createQueue<Failure>((failure) => failure.code);
  const answers = createQueue<ServerFrame | Failure>((answer) => answer.id ?? '');
  const { promise: closed, resolve } = deferred<Closed>();
  return {
    frames,
    failures,
    answers,
    closed,
    frame(frame: ServerFrame): void {
      failIf(frameProblem(frame.type, frame.data));
      frames.push(frame);
      if (frame.type !== 'error' && isAsked(frame.id)) answers.push(frame);
    },
    failure(failure: Failure): void {
      failures.push(failure);
      if (isAsked(failure.id)) answers.push(failure);
    },
    end(code: number | undefined, reason: string): void {
      for (const queue of [frames, failures, answers]) queue.end(`the connection ended (${code} ${reason})`);
      resolve({ code, reason, at: performance.now() });
    },
  };
}

/** Fails the whole run, because nobody may be waiting for the wrong frame. */
function failIf(problem: string | undefined): void {
  if (problem === undefined) return;
  queueMicrotask(() => {
    throw new Error(problem);
  });
}

const ASKED = 'ask-';
const isAsked = (id: string | undefined): boolean => id?.startsWith(ASKED) ?? false;

type Inbox = ReturnType<typeof createInbox>;
type Wire = Pick<ChatClient, 'emit' | 'pause' | 'resume'> & { end(): void };

function chatClient(transport: TransportName, inbox: Inbox, { end, ...wire }: Wire): ChatClient {
  const { frames, failures, answers, closed } = inbox;
  let lastId = 0;

  function ask(type: string, data: unknown): Promise<ServerFrame | Failure> {
    const id = `${ASKED}${++lastId}`;
    wire.emit(data === undefined ? { type, id } : { type, data, id });
    return answers.take((answer) => answer.id === id, `an answer to ${type}`);
  }

  async function call(type: string, data?: object): Promise<FrameData> {
    const answer = await ask(type, data);
    if ('code' in answer) throw new Error(`${type} was refused: ${answer.code} ${answer.message}`);
    failIf(answerProblem(type, answer.data));
    return answer.data;
  }

  return {
    transport,
    frames: frames.items,
    failures: failures.items,
    closed,
    ...wire,
    call,
    async refused(type, data) {
      const answer = await ask(type, data);
      if ('code' in answer) return answer;
      throw new Error(`${type} was answered with ${answer.type}, not refused`);
    },
    next: (match) =>
      typeof match === 'string'
        ? frames.take((frame) => frame.type === match, `a frame ${match}`)
        : frames.take(match, `a frame for which ${match}`),
    nextFailure: (match = () => true) => failures.take(match, 'a refusal'),
    fence: async () => void (await call('ping')),
    async close() {
      end();
      await closed;
    },
  };
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
