// A peer that writes as fast as it can, reads nothing, and stops only when its connection ends.
import { connect, type Socket } from 'node:net';

export interface Outcome {
  /** How much it could write, in bytes. */
  readonly written: number;
  /** How long it could write, in ms. */
  readonly lasted: number;
}

/** WebSocket frames as a client sends them, masked with zeros. */
export function clientFrame(opcode: number, payload: string, { isFinal = true } = {}): Buffer {
  const bytes = Buffer.from(payload);
  const first = (isFinal ? 0x80 : 0) | opcode;
  const header =
    bytes.length < 126 ? [first, 0x80 | bytes.length] : [first, 0x80 | 126, bytes.length >> 8, bytes.length & 0xff];
  if (bytes.length > 65_535) throw new RangeError('longer than these headers say');
  return Buffer.concat([Buffer.from([...header, 0, 0, 0, 0]), bytes]);
}

export const OPCODE = { CONTINUATION: 0, TEXT: 1, BINARY: 2, PING: 9, PONG: 10 } as const;

/** A TCP connection to the server at `url`, which reads nothing. */
export function dial(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setNoDelay(true).pause();
  return new Promise((resolve, reject) => {
    socket.once('error', reject).once('connect', () => resolve(socket.off('error', reject)));
  });
}

/** A TCP connection to the server at `url` that was upgraded at `path`. */
export function dialWebSocket(url: string, path: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setNoDelay(true);
  const request = [
    ...[`GET ${path} HTTP/1.1`, `Host: ${hostname}`, 'Connection: Upgrade', 'Upgrade: websocket'],
    ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', '', ''],
  ].join('\r\n');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', (data) => {
      if (!String(data).startsWith('HTTP/1.1 101')) return reject(new Error(`No upgrade: ${data}`));
      socket.pause();
      socket.off('error', reject);
      resolve(socket);
    });
    socket.write(request);
  });
}

/** Writes `first`, then `more` repeatedly, until the server ends the connection. Rejects if it never does. */
export async function bombard(socket: Socket, first: Buffer, more: Buffer, patienceMs: number): Promise<Outcome> {
  const began = performance.now();
  let isOpen = true;
  const closed = new Promise<void>((resolve) => {
    // A connection that is reset, or whose writes fail, has ended.
    socket
      .on('error', () => {})
      .once('close', () => {
        isOpen = false;
        resolve();
      });
  });
  // Writing fails once the server has ended the connection. Nothing is read before.
  socket.write(first);
  while (isOpen && performance.now() - began < patienceMs) {
    const goesOn = socket.write(more);
    const drained = goesOn ? new Promise((resolve) => setImmediate(resolve)) : drain(socket);
    await Promise.race([drained, closed, new Promise((resolve) => setTimeout(resolve, 200))]);
  }
  const lasted = performance.now() - began;
  const written = socket.bytesWritten;
  socket.destroy();
  if (isOpen) throw new Error(`Still open after ${Math.round(lasted)} ms and ${written} bytes`);
  return { written, lasted };
}

function drain(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('drain', resolve));
}
