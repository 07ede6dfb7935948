// How much of what was written to a socket its peer has taken: what tells a slow reader from one that reads nothing.
import type { Socket } from 'node:net';

/** The counters of a socket's handle: all bytes ever handed to it, and those that the kernel has not taken yet. */
interface HandleCounters {
  readonly bytesWritten?: number;
  readonly writeQueueSize?: number;
}

/**
 * What the kernel has taken from a socket. `writableLength` alone stays as it is until all of a large write has gone,
 * however many bytes a slow peer takes meanwhile. Where the handle counts nothing, finished writes do.
 */
export function bytesTaken(socket: Socket): number {
  const { bytesWritten, writeQueueSize } = (socket as unknown as { _handle?: HandleCounters })._handle ?? {};
  if (bytesWritten !== undefined && writeQueueSize !== undefined) return bytesWritten - writeQueueSize;
  return socket.bytesWritten - socket.writableLength;
}
