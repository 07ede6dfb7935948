// The HTTP server: which requests become other protocols, how long a peer may take, and the answer to invalid bytes.
import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import type { Boundary } from '../lib/boundary.ts';
import { ChatError } from '../protocol/errors.ts';
import { PING_INTERVAL_MS } from '../protocol/pings.ts';
import { isSocketIoPath, isUpgrade, pathOf } from '../transports/handshake.ts';
import { inTurn } from '../transports/shared/in-turn.ts';
import { badRequest, type Refuse, refuseSocket } from '../transports/shared/refusal.ts';
import { headProblem } from '../transports/shared/request-head.ts';
import type { HandleUpgrade } from '../transports/upgrade.ts';

/** How long a slow peer may hold a connection: limits for the headers, and for the whole request. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const CHECK_INTERVAL_MS = 2_000;
/**
 * If a peer takes nothing of an answer for this long, it does not read. Longer than the time between a poll of
 * Socket.IO and its answer.
 */
const UNREAD_TIMEOUT_MS = PING_INTERVAL_MS + 20_000;
const MAX_HEADERS = 200;

export interface HttpServerOptions {
  readonly fetch: (request: Request, bindings: HttpBindings) => Response | Promise<Response>;
  /** Requests below Socket.IO's path. */
  readonly socketIo: (request: IncomingMessage, response: ServerResponse) => void;
  readonly upgrade: HandleUpgrade;
  readonly refuse: Refuse;
  readonly boundary: Boundary;
  /**
   * Longer than a load balancer in front keeps its own connections, because the balancer must close idle ones first.
   */
  readonly keepAliveTimeoutMs: number;
}

/** Returns a server that is not listening yet. */
export function createHttpServer(options: HttpServerOptions): Server {
  const { fetch, socketIo, upgrade, refuse, boundary, keepAliveTimeoutMs } = options;
  const app = getRequestListener(fetch as Parameters<typeof getRequestListener>[0], {
    hostname: 'localhost',
    errorHandler() {
      const { body, ...init } = refuse(badRequest('The address or the Host header is not valid'));
      return new Response(body, init);
    },
  });

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const problem = headProblem(request);
    if (problem !== undefined) {
      const { status, headers, body } = refuse(badRequest(problem));
      response.writeHead(status, headers).end(body);
    } else if (isSocketIoPath(pathOf(request.url ?? ''))) socketIo(request, response);
    else app(request, response).catch((error: unknown) => boundary(error, () => request.socket.destroy()));
  }

  function takeUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const problem = headProblem(request);
    if (problem !== undefined) refuseSocket(socket, refuse(badRequest(problem)));
    else if (isUpgrade(request.method, request.url ?? '', request.headers)) upgrade(request, socket, head);
    else answer(request, responseOn(socket, request));
  }

  function refuseBytes(error: NodeJS.ErrnoException, socket: Socket): void {
    // Bytes in the middle of an answer would only garble it.
    if (hasAnswerUnderWay(socket)) socket.destroy();
    else refuseSocket(socket, refuse(protocolError(error)));
  }

  /** A failure in work for one peer costs only its connection. */
  function guarded(socket: Duplex, work: () => void): void {
    try {
      work();
    } catch (error) {
      boundary(error, () => socket.destroy());
    }
  }

  const take = inTurn(answer, guarded);
  const server = createServer({ ...SERVER_OPTIONS, keepAliveTimeout: keepAliveTimeoutMs }, take);
  // An unknown expectation is answered like any request. The library would refuse it without a word.
  server.on('checkExpectation', take);
  server.timeout = UNREAD_TIMEOUT_MS;
  server.maxHeadersCount = MAX_HEADERS;
  server.on('upgrade', (request, stream, head) => guarded(stream, () => takeUpgrade(request, stream as Socket, head)));
  server.on('clientError', (error, stream) => guarded(stream, () => refuseBytes(error, stream as Socket)));
  return server;
}

/**
 * Sets `upgrade` only for the upgrades that we take. Node would also hand over all others (`Upgrade: h2c`, which curl
 * and Java send along; WebSocket to unknown paths) and lose their bodies. So they are plain requests, as HTTP intends.
 */
class UpgradeAwareRequest extends IncomingMessage {
  declare private offered: boolean | null;

  get upgrade(): boolean | null {
    return this.offered && isUpgrade(this.method, this.url ?? '', this.headers);
  }

  set upgrade(offered: boolean | null) {
    this.offered = offered;
  }
}

/**
 * For a request that was handed over as an upgrade although it is none, because Bun does not use the class above. (Its
 * requests keep their bodies.)
 */
function responseOn(socket: Socket, request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.on('finish', () => socket.destroySoon());
  // A peer that leaves meanwhile must harm nobody, and the server no longer listens for errors.
  socket.on('error', () => socket.destroy());
  return response;
}

const SERVER_OPTIONS = {
  IncomingMessage: UpgradeAwareRequest,
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: CHECK_INTERVAL_MS,
  // Checked here, to answer in the API's own format.
  requireHostHeader: false,
};

function hasAnswerUnderWay(socket: Socket): boolean {
  const { _httpMessage: answer } = socket as unknown as { _httpMessage?: ServerResponse | null };
  return answer?.headersSent === true;
}

function protocolError(error: NodeJS.ErrnoException): ChatError {
  if (error.code === 'HPE_HEADER_OVERFLOW') return new ChatError('PAYLOAD_TOO_LARGE', 'The headers are too large');
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return badRequest('The request came too slowly');
  return badRequest('The request is not valid HTTP');
}
