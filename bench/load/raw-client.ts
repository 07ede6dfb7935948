// A WebSocket client that costs a load generator little: it finds frames in place and passes them on without copying.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export interface RawClient {
  /** Sends one text message. */
  send(text: string): void;
  /** Sends many in one write. */
  sendAll(texts: readonly string[]): void;
  close(): void;
}

export interface RawClientOptions {
  readonly port: number;
  readonly path: string;
  /** The source address, 127.0.0.1 by default. One address has ports for some 28,000 connections. */
  readonly from?: string;
  /** Called for each text message: the bytes from `start` to `end`, which are overwritten after this call. */
  readonly onMessage: (bytes: Buffer, start: number, end: number) => void;
  /** Called with the number of bytes received. */
  readonly onBytes?: (count: number) => void;
  /** The connection ended, but not by `close`. */
  readonly onLost?: () => void;
}

// All sockets read into the same memory, one after the other, because a buffer for each read is most of a client's
// cost.
const INBOX = Buffer.allocUnsafeSlow(1 << 18);
const NOTHING = Buffer.alloc(0);

/** Resolves when the upgrade is done. Rejects if it is refused. */
export function openRaw(options: RawClientOptions): Promise<RawClient> {
  const { port, path, from, onMessage, onBytes, onLost } = options;
  return new Promise((resolve, reject) => {
    let rest: Buffer = NOTHING;
    let upgraded = false;
    const read = (size: number): boolean => {
      const fresh = INBOX.subarray(0, size);
      let bytes = rest.length === 0 ? fresh : Buffer.concat([rest, fresh]);
      if (!upgraded) {
        const end = bytes.indexOf('\r\n\r\n');
        if (end < 0) return keep(bytes);
        if (!bytes.subarray(0, 12).toString().startsWith('HTTP/1.1 101')) return !socket.destroy();
        bytes = bytes.subarray(end + 4);
        upgraded = true;
        resolve(clientOf(socket));
      } else onBytes?.(size);
      return keep(takeFrames(bytes, socket, onMessage));
    };
    const keep = (bytes: Buffer): boolean => {
      rest = bytes.length === 0 ? NOTHING : Buffer.from(bytes);
      return true;
    };
    const onread = { buffer: INBOX, callback: read };
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, onread, ...(from && { localAddress: from }) });
    socket.write(handshake(port, path));
    socket.on('error', reject);
    socket.once('close', () => {
      reject(new Error(`${path}: closed before the upgrade`));
      if (upgraded && !closedByUs.has(socket)) onLost?.();
    });
  });
}

const closedByUs = new WeakSet<Socket>();

function handshake(port: number, path: string): string {
  const key = randomBytes(16).toString('base64');
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`;
}

function clientOf(socket: Socket): RawClient {
  return {
    send: (text) => void socket.write(frame(text)),
    sendAll: (texts) => void socket.write(Buffer.concat(texts.map((text) => frame(text)))),
    close() {
      closedByUs.add(socket);
      socket.destroy();
    },
  };
}

const TEXT = 0x81;
const PING = 0x9;
const PONG = 0x8a;

/** A client's frame, masked with zeros: the protocol requires a mask, and this one needs no work. */
function frame(text: string, head = TEXT): Buffer {
  const payload = Buffer.from(text);
  const long = payload.length > 125;
  const header = Buffer.alloc((long ? 4 : 2) + 4);
  header[0] = head;
  header[1] = 0x80 | (long ? 126 : payload.length);
  if (long) header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}

/** Returns what is left after the last whole frame. */
function takeFrames(bytes: Buffer, socket: Socket, onMessage: RawClientOptions['onMessage']): Buffer {
  let at = 0;
  while (bytes.length - at >= 2) {
    const short = (bytes[at + 1] as number) & 0x7f;
    const header = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length - at < header) break;
    const length = short === 126 ? bytes.readUInt16BE(at + 2) : short === 127 ? bytes.readUInt32BE(at + 6) : short;
    if (bytes.length - at < header + length) break;
    const opcode = (bytes[at] as number) & 0xf;
    if (opcode === 1) onMessage(bytes, at + header, at + header + length);
    else if (opcode === PING) socket.write(frame(bytes.toString('utf8', at + header, at + header + length), PONG));
    at += header + length;
  }
  return at === 0 ? bytes : bytes.subarray(at);
}
