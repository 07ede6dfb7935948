// The Engine.IO connection under a socket: what this folder uses of it, some of which its types keep to themselves.
import type { Socket as NetSocket } from 'node:net';
import type { Socket } from 'socket.io';

export interface Engine {
  /** Packets that wait until the transport takes them. */
  readonly writeBuffer: readonly unknown[];
  readonly transport: EngineTransport;
  /** True while the client goes from polling to a WebSocket. */
  readonly upgrading: boolean;
  readonly readyState: 'opening' | 'open' | 'closing' | 'closed';
  /** Sends a Socket.IO packet. */
  write(packet: string, options: { compress?: boolean }): void;
  /** Closes when all packets have gone; with `discard` at once. */
  close(discard?: boolean): void;
  /** `heartbeat`: the peer gave a sign of life. `drain`: the transport took all packets that waited. */
  on(event: 'heartbeat' | 'drain', listener: () => void): unknown;
}

interface EngineTransport {
  readonly name: string;
  /** The library's WebSocket, where the transport is one. */
  readonly socket?: WebSocketLike;
}

interface WebSocketLike {
  readonly readyState: number;
  readonly _socket: NetSocket;
  terminate(): void;
}

const OPEN = 1;

export function engineOf(socket: Pick<Socket, 'conn'>): Engine {
  return socket.conn as unknown as Engine;
}

/** The WebSocket that carries the connection; undefined while it polls. */
export function webSocketOf({ transport }: Engine): WebSocketLike | undefined {
  return transport.name === 'websocket' ? transport.socket : undefined;
}

/** The network socket, where bytes written to it now come after everything that Engine.IO was given. */
export function writableSocketOf(engine: Engine): NetSocket | undefined {
  if (engine.writeBuffer.length > 0) return undefined;
  const webSocket = webSocketOf(engine);
  return webSocket?.readyState === OPEN ? webSocket._socket : undefined;
}

/** The counters of a socket's handle: all bytes ever handed to it, and those that the kernel has not taken yet. */
interface HandleCounters {
  readonly bytesWritten?: number;
  readonly writeQueueSize?: number;
}

/**
 * What the kernel has taken from a socket. `writableLength` alone stays as it is until all of a large write has gone,
 * however many bytes a slow peer takes meanwhile. Where the handle counts nothing, finished writes do.
 */
export function bytesTaken(socket: NetSocket): number {
  const { bytesWritten, writeQueueSize } = (socket as unknown as { _handle?: HandleCounters })._handle ?? {};
  if (bytesWritten !== undefined && writeQueueSize !== undefined) return bytesWritten - writeQueueSize;
  return socket.bytesWritten - socket.writableLength;
}
