// A WebSocket that reads little after its close. The libraries would read on from a connection that is being closed,
// for seconds and at full speed, although nobody works on it any more.
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

/** How much may still be on its way from a peer that does not know of the close yet. */
const READ_AFTER_END_BYTES = 1 << 20;

/** Cuts a closing connection if its peer goes on sending. */
export function cutIfStillSending(socket: Duplex): void {
  let left = READ_AFTER_END_BYTES;
  socket.on('data', (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left < 0) socket.destroy();
  });
}

export class EndingSocket extends WebSocket {
  /** The library calls it too: if the peer closes, and if what arrives is not WebSocket. */
  override close(code?: number, reason?: string | Buffer): void {
    const { readyState, _socket: socket } = this as unknown as { readyState: number; _socket?: Duplex };
    super.close(code, reason);
    if (readyState === WebSocket.OPEN && socket) cutIfStillSending(socket);
  }
}
