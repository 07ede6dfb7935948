// Socket.IO beside the other protocols of one HTTP server: each of its connections becomes a session of the hub.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Server, type Socket } from 'socket.io';
import { LIMITS } from '../protocol/limits.ts';
import type { Logger } from '../protocol/logger.ts';
import type { Hub } from '../realtime/hub.ts';
import type { Answer } from '../realtime/transport.ts';
import { type ClientEvent, type ClientEvents, parser } from './parser.ts';
import { clientFrame, encodeAnswer } from './translate.ts';
import { SocketIoTransport } from './transport.ts';

const SOCKET_IO_PATH = '/socket.io/';

export interface SocketIoOptions {
  readonly hub: Pick<Hub, 'open'>;
  /** Origins that browsers may come from. */
  readonly corsOrigins: readonly string[] | '*';
  readonly maxFrameBytes: number;
  readonly logger: Logger;
}

export interface SocketIo {
  /** Answers a request under `/socket.io/`. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void;
  /** Completes or refuses an upgrade under `/socket.io/`. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends all connections that are left; resolves when they are gone. */
  close(): Promise<void>;
}

export function attachSocketIo({ hub, corsOrigins, maxFrameBytes, logger }: SocketIoOptions): SocketIo {
  const io = new Server<ClientEvents>({
    path: SOCKET_IO_PATH,
    parser,
    serveClient: false,
    allowEIO3: true,
    // Version-2 clients ask with credentials. There are no cookies here that another site could use.
    cors: { origin: corsOrigins === '*' ? true : [...corsOrigins], credentials: true },
    maxHttpBufferSize: maxFrameBytes,
    perMessageDeflate: false,
    httpCompression: false,
    connectTimeout: LIMITS.AUTHENTICATION_TIMEOUT_MS,
    pingInterval: LIMITS.PING_INTERVAL_MS,
    pingTimeout: LIMITS.PING_TIMEOUT_MS - LIMITS.PING_INTERVAL_MS,
  });
  // The library takes over the events of the server that it is attached to. This one never listens: the real server
  // keeps its events, so that one place decides whose an upgrade is.
  const front = createServer();
  const upgraded = new Set<Duplex>();
  io.attach(front);
  io.engine.on('connection_error', ({ code, message }: { code: number; message: string }) =>
    logger.debug({ code, reason: message }, 'Refused a Socket.IO request'),
  );
  io.on('connection', (socket) => accept(socket, hub));

  function isForeign({ headers: { origin } }: IncomingMessage): boolean {
    return origin !== undefined && corsOrigins !== '*' && !corsOrigins.includes(origin.toLowerCase());
  }

  function forget(this: Duplex): void {
    upgraded.delete(this);
  }

  return {
    handleRequest(request, response) {
      if (isForeign(request)) response.writeHead(403).end();
      else front.emit('request', request, response);
    },
    handleUpgrade(request, socket, head) {
      if (isForeign(request)) return refuse(socket);
      upgraded.add(socket);
      socket.once('close', forget);
      front.emit('upgrade', request, socket, head);
    },
    async close() {
      await io.close();
      await Promise.all([...upgraded].map(cut));
    },
  };
}

function accept(socket: Socket<ClientEvents>, hub: Pick<Hub, 'open'>): void {
  const transport = new SocketIoTransport(socket);
  const session = hub.open(transport, null);
  transport.listen(session);

  function receive(event: ClientEvent): void {
    const frame = clientFrame(event);
    const encode = (answer: Answer) => encodeAnswer(event, frame, answer, Date.now());
    if (event.name === undefined) session.receiveGarbage(encode);
    else session.receive({ frame, encode });
  }

  socket.on('client', receive);
  const token = handshakeToken(socket.handshake);
  if (token) receive({ name: 'authenticate', payload: { token }, ackId: undefined });
}

/** Clients of version 2 have no `auth`: their token is in the query. */
function handshakeToken({ auth, query }: Socket['handshake']): unknown {
  return (auth as { token?: unknown }).token ?? query.token;
}

function cut(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', resolve);
    socket.destroy();
  });
}

function refuse(socket: Duplex): void {
  socket.on('error', () => {});
  socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}
