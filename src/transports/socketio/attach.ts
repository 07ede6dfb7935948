// Socket.IO on the HTTP server: each of its connections becomes a session of the hub. Of the library only the layer
// below is used, Engine.IO. This folder decides what a client may send above it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { createBoundary } from '../../lib/boundary.ts';
import { type AllowedOrigins, createCors } from '../../lib/cors.ts';
import type { Logger } from '../../lib/logger.ts';
import { PING_INTERVAL_MS, PING_TIMEOUT_MS } from '../../protocol/pings.ts';
import type { Hub } from '../../realtime/connections/hub.ts';
import { refuseSocket } from '../shared/refusal.ts';
import { SocketIoConnection } from './connection.ts';
import { engineOf } from './engine.ts';
import { WatchedEngine } from './watched-engine.ts';

const RETRY_LATER = { 'Retry-After': '10' };

export interface SocketIoOptions {
  readonly hub: Pick<Hub, 'open' | 'limits'>;
  /** Origins whose pages may read the answers to polling. */
  readonly corsOrigins: AllowedOrigins;
  /** Whether the sender of this request may connect: see shared/origin-check.ts. */
  readonly isAllowedOrigin: (request: IncomingMessage) => boolean;
  readonly maxFrameBytes: number;
  readonly logger: Logger;
  /** The address by which a client is counted. */
  readonly addressOf: (request: IncomingMessage) => string;
  /** Whether frames are encoded once for all connections, or by the library for each. */
  readonly sharedFrames: boolean;
}

export interface SocketIo {
  /** Answers a request under `/socket.io/`. */
  handleRequest(request: IncomingMessage, response: ServerResponse): void;
  /** Completes or refuses an upgrade under `/socket.io/`. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends all remaining connections. Resolves when they are gone. */
  close(): Promise<void>;
}

export function attachSocketIo(options: SocketIoOptions): SocketIo {
  const { hub, corsOrigins, isAllowedOrigin, maxFrameBytes, logger, addressOf, sharedFrames } = options;
  const cors = createCors(corsOrigins, ['Retry-After']);
  const boundary = createBoundary(logger);
  const engine = new WatchedEngine({
    engine: {
      allowEIO3: true,
      maxHttpBufferSize: maxFrameBytes,
      perMessageDeflate: false,
      httpCompression: false,
      pingInterval: PING_INTERVAL_MS,
      pingTimeout: PING_TIMEOUT_MS - PING_INTERVAL_MS,
    },
    watch: (connection) => new SocketIoConnection(engineOf(connection), { hub, boundary, addressOf, sharedFrames }),
    boundary,
  });
  engine.on('connection_error', ({ code, message }: { code: number; message: string }) =>
    logger.debug({ code, reason: message }, 'Refused a Socket.IO request'),
  );
  const upgraded = new Set<Duplex>();

  function setCorsHeaders({ method, headers }: IncomingMessage, response: ServerResponse): void {
    const given =
      method === 'OPTIONS'
        ? cors.preflight(headers.origin, headers['access-control-request-headers'])
        : cors.answer(headers.origin);
    for (const [name, value] of Object.entries(given)) response.setHeader(name, value);
  }

  /** Whether there is room for a new connection. Requests of an existing one were admitted before. */
  function isRoomFor(request: IncomingMessage): boolean {
    return /[?&]sid=/.test(request.url ?? '') || hub.limits.hasRoom(addressOf(request));
  }

  function forget(this: Duplex): void {
    upgraded.delete(this);
  }

  return {
    handleRequest(request, response) {
      if (!isAllowedOrigin(request)) {
        response.writeHead(403).end();
        return;
      }
      setCorsHeaders(request, response);
      if (request.method === 'OPTIONS') response.writeHead(204).end();
      else if (!isRoomFor(request)) response.writeHead(429, RETRY_LATER).end();
      else engine.handleRequest(request, response);
    },
    handleUpgrade(request, socket, head) {
      if (!isAllowedOrigin(request)) return refuse(socket, 403);
      if (!isRoomFor(request)) return refuse(socket, 429, RETRY_LATER);
      upgraded.add(socket);
      socket.once('close', forget);
      engine.handleUpgrade(request, socket, head);
    },
    async close() {
      engine.close();
      await Promise.all([...upgraded].map(cut));
    },
  };
}

function cut(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', resolve);
    socket.destroy();
  });
}

function refuse(socket: Duplex, status: number, headers: Readonly<Record<string, string>> = {}): void {
  refuseSocket(socket, { status, headers: { ...headers, 'Content-Length': '0' }, body: '' });
}
