// A WebSocket whose end is near whatever its peer does: the libraries read on from a connection that is being closed, for
// seconds and at full speed, though nobody works on it any more.
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

/** What may still be on its way from a peer that does not know of the end yet. */
const READ_AFTER_END_BYTES = 1 << 20;

/** The connection is over, but for what its peer has yet to read: it is cut where the peer goes on sending. */
export function readLittle(socket: Duplex): void {
  let left = READ_AFTER_END_BYTES;
  socket.on('data', (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left < 0) socket.destroy();
  });
}

export class EndingSocket extends WebSocket {
  /** Called by the library too: where the peer closes, and where what came is no WebSocket. */
  override close(code?: number, reason?: string | Buffer): void {
    const { readyState, _socket: socket } = this as unknown as { readyState: number; _socket?: Duplex };
    super.close(code, reason);
    if (readyState === WebSocket.OPEN && socket) readLittle(socket);
  }
}
