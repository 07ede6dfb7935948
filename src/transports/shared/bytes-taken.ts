// How many written bytes the peer of a socket has taken, which tells a slow reader from one that reads nothing.
import type { Socket } from 'node:net';

/** The counters of a socket's handle: all bytes ever handed to it, and those that the kernel has not taken yet. */
interface HandleCounters {
  readonly bytesWritten?: number;
  readonly writeQueueSize?: number;
}

/**
 * The bytes that the kernel has taken from a socket. `writableLength` does not change until all of a large write has
 * gone, however many bytes a slow peer takes meanwhile. If the handle has no counters, only finished writes count.
 */
export function bytesTaken(socket: Socket): number {
  const { bytesWritten, writeQueueSize } = (socket as unknown as { _handle?: HandleCounters })._handle ?? {};
  if (bytesWritten !== undefined && writeQueueSize !== undefined) return bytesWritten - writeQueueSize;
  return socket.bytesWritten - socket.writableLength;
}
