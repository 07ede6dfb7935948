// Engine.IO with a watcher for each connection. The watcher is called for each packet and control frame before the
// library works on it, and for each answer to a poll. What the library throws costs only the connection that it worked
// for.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server, type ServerOptions, type Socket, type Transport } from 'engine.io';
import { type WebSocket, WebSocketServer, type ServerOptions as WebSocketServerOptions } from 'ws';
import type { Boundary } from '../../lib/boundary.ts';
import { EndingSocket } from '../shared/ending-socket.ts';
import { type EngineTransport, engineOf } from './engine.ts';

/** How long a peer may take to answer the close of its connection, or to fetch its last packets. */
export const CLOSE_PATIENCE_MS = 3_000;
/** A client that goes from polling to a WebSocket sends these packets there, and nothing else. */
const UPGRADE_PACKETS = 2;

/** What is called for one connection. */
export interface Watcher {
  /** A packet of this type (or a WebSocket control frame) has arrived. Returns false if it must not be worked on. */
  heard(type: string): boolean;
  /** An answer of this size to a poll is under way, until the response is finished or closed. */
  answering(response: ServerResponse, size: number): void;
  /** Work for this connection failed: ends it. Never throws. */
  failed(error: unknown): void;
}

/** A request as the library has prepared it. */
interface EngineRequest extends IncomingMessage {
  readonly _query: Readonly<Record<string, string>>;
  readonly websocket?: WatchedSocket;
}

export interface WatchedEngineOptions {
  readonly engine: Omit<ServerOptions, 'wsEngine'>;
  /** Called with each new connection. */
  readonly watch: (connection: Socket) => Watcher;
  readonly boundary: Boundary;
}

export class WatchedEngine extends Server {
  private readonly watchers = new WeakMap<Socket, Watcher>();
  private readonly boundary: Boundary;

  constructor({ engine, watch, boundary }: WatchedEngineOptions) {
    super({ ...engine, wsEngine: WatchedSocketServer });
    this.boundary = boundary;
    this.on('connection', (connection: Socket) => this.accept(connection, watch));
  }

  protected override createTransport(
    name: 'polling' | 'websocket' | 'webtransport',
    request: IncomingMessage,
  ): Transport {
    const transport = super.createTransport(name, request);
    const { _query: query, websocket } = request as EngineRequest;
    const connection = query.sid === undefined ? undefined : this.clients[query.sid];
    const watcher = connection && this.watchers.get(connection);
    if (connection && watcher) watchTransport(transportParts(transport), websocket, watcher, connection);
    return transport;
  }

  /** Catches failures, because the library goes on in a promise that nobody awaits. */
  protected override _applyMiddlewares(
    request: IncomingMessage,
    response: ServerResponse,
    proceed: (error?: unknown) => void,
  ): void {
    super._applyMiddlewares(request, response, (error) => {
      try {
        proceed(error);
      } catch (failure) {
        this.boundary(failure, () => request.socket.destroy());
      }
    });
  }

  private accept(connection: Socket, watch: WatchedEngineOptions['watch']): void {
    try {
      const watcher = watch(connection);
      this.watchers.set(connection, watcher);
      const { websocket } = connection.request as EngineRequest;
      watchTransport(transportParts(connection.transport), websocket, watcher, connection);
    } catch (error) {
      this.boundary(error, () => connection.close(true));
    }
  }
}

function transportParts(transport: Transport): EngineTransport {
  return transport as unknown as EngineTransport;
}

/** Watches a transport that `connection` has, or may have once its client has upgraded to it. */
function watchTransport(
  transport: EngineTransport,
  websocket: WatchedSocket | undefined,
  watcher: Watcher,
  connection: Socket,
): void {
  const { onPacket, onData, onRequest, doWrite } = transport;
  let before = 0;

  /** Calls a function of the library. A failure costs only the connection. */
  const guarded = <Values extends unknown[]>(work: (...values: Values) => void) =>
    function guard(...values: Values): void {
      try {
        work.apply(transport, values);
      } catch (error) {
        watcher.failed(error);
      }
    };

  /** Whether the library gets a packet. A closing connection must still upgrade, so that its last packets arrive. */
  function mayPass(isHeard: boolean): boolean {
    if (engineOf(connection).transport === transport) return isHeard;
    before += 1;
    if (before > UPGRADE_PACKETS) transport.close();
    return before <= UPGRADE_PACKETS;
  }

  transport.onRequest = guarded(onRequest);
  transport.onData = guarded(onData);
  transport.onPacket = guarded((packet) => {
    if (mayPass(watcher.heard(packet.type))) onPacket.call(transport, packet);
  });
  if (doWrite) {
    transport.doWrite = (data, options, done) => {
      if (transport.res) watcher.answering(transport.res, data.length);
      doWrite.call(transport, data, options, done);
    };
  }
  if (websocket) websocket.watcher = watcher;
  transport.closeTimeout = CLOSE_PATIENCE_MS;
}

/** A WebSocket whose control frames count, and whose failures cost only its connection. */
class WatchedSocket extends EndingSocket {
  /** Undefined while the upgrade is under way. */
  declare watcher: Watcher | undefined;

  override emit(event: string | symbol, ...values: unknown[]): boolean {
    try {
      if (event === 'ping' || event === 'pong') this.watcher?.heard(event);
      return super.emit(event, ...values);
    } catch (error) {
      if (this.watcher) this.watcher.failed(error);
      else this.terminate();
      return true;
    }
  }
}

class WatchedSocketServer extends WebSocketServer {
  constructor(options: WebSocketServerOptions) {
    const all: WebSocketServerOptions & { closeTimeout: number } = {
      ...options,
      closeTimeout: CLOSE_PATIENCE_MS,
      // The types want a class with the base's own constructor.
      WebSocket: WatchedSocket as unknown as typeof WebSocket,
    };
    super(all as WebSocketServerOptions);
  }
}
