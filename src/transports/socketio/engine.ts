// The Engine.IO connection of a client: the types of what this folder uses, some of which the library's types hide.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Socket } from 'engine.io';

/** A packet of Engine.IO; `message` carries one of Socket.IO. */
export interface EnginePacket {
  readonly type: string;
  readonly data?: { readonly length: number } | undefined;
}

export interface Engine {
  readonly id: string;
  /** The version of Engine.IO's protocol. Clients of Socket.IO 2 use 3. */
  readonly protocol: number;
  readonly request: IncomingMessage & { readonly _query: Readonly<Record<string, string>> };
  /** Packets that wait until the transport takes them. */
  readonly writeBuffer: readonly unknown[];
  readonly transport: EngineTransport;
  /** True while the client goes from polling to a WebSocket. */
  readonly upgrading: boolean;
  readonly readyState: 'opening' | 'open' | 'closing' | 'closed';
  /** Sends a Socket.IO packet. */
  write(packet: string, options: { compress?: boolean }): void;
  /** Closes when all packets have gone, or with `discard` at once. */
  close(discard?: boolean): void;
  /** A Socket.IO packet has arrived, as text or binary. */
  on(event: 'data', listener: (data: unknown) => void): unknown;
  /** A packet is queued, by this service or by the library. */
  on(event: 'packetCreate', listener: (packet: EnginePacket) => void): unknown;
  /** `drain`: the transport took all packets that waited. */
  on(event: 'drain' | 'close', listener: () => void): unknown;
}

export interface EngineTransport {
  readonly name: string;
  /** The library's WebSocket, if the transport is one. */
  readonly socket?: WebSocketLike;
  /** The response to a waiting poll, if there is one. */
  readonly res?: ServerResponse | null;
  /** How long a client that polls may take to fetch its last packets, in ms. */
  closeTimeout?: number;
  close(): void;
  /** The library calls these with each request, its packets, its body, the body of an answer, and at the end. */
  onRequest(request: unknown): void;
  onPacket(packet: EnginePacket): void;
  onData(data: unknown): void;
  doWrite?(data: string | Uint8Array, options: object, done: () => void): void;
  onClose(): void;
  on(event: 'headers', listener: (headers: Record<string, string>) => void): unknown;
}

interface WebSocketLike {
  readonly readyState: number;
  readonly _socket: NetSocket;
  terminate(): void;
}

const OPEN = 1;

export function engineOf(socket: Socket): Engine {
  return socket as unknown as Engine;
}

/** The WebSocket that carries the connection; undefined while it polls. */
export function webSocketOf({ transport }: Engine): WebSocketLike | undefined {
  return transport.name === 'websocket' ? transport.socket : undefined;
}

/** The network socket, if bytes that are written to it now follow everything that Engine.IO was given. */
export function writableSocketOf(engine: Engine): NetSocket | undefined {
  if (engine.writeBuffer.length > 0) return undefined;
  const webSocket = webSocketOf(engine);
  return webSocket?.readyState === OPEN ? webSocket._socket : undefined;
}
