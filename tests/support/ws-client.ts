// A bare WebSocket client that reports what happened on the wire: handshakes, frames in order, how it was closed.
import type { IncomingHttpHeaders } from 'node:http';
import { type ClientOptions, WebSocket } from 'ws';
import { createQueue } from './queue.ts';

export interface WireFrame {
  readonly [field: string]: unknown;
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface WsClient {
  readonly socket: WebSocket;
  /** Every frame that arrived. */
  readonly frames: readonly WireFrame[];
  /** Resolves with how the connection ended. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** The first frame of this type, or for which the function is true, that no call returned before. */
  next(match: string | ((frame: WireFrame) => boolean)): Promise<WireFrame>;
  /** Sends a string as it is, and anything else as JSON. */
  send(frame: unknown): void;
  /** Closes, and resolves when closed. */
  close(): Promise<void>;
}

export interface WsOptions extends ClientOptions {
  readonly protocols?: string[];
  /** The token of `Authorization: Bearer`. */
  readonly token?: string;
}

/** Opens `ws://…` of an `http://…` address. Rejects if the server refuses. */
export async function openWs(address: string, options: WsOptions = {}): Promise<WsClient> {
  const socket = dial(address, options);
  const queue = createQueue<WireFrame>(({ type }) => type);
  socket.on('message', (data) => queue.push(JSON.parse(String(data)) as WireFrame));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => {
      queue.end(`closed (${code})`);
      resolve({ code, reason: String(reason) });
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.on('error', reject);
  });
  return {
    socket,
    frames: queue.items,
    closed,
    next: (match) => queue.take(typeof match === 'string' ? ({ type }) => type === match : match, String(match)),
    send: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    async close() {
      socket.close();
      await closed;
    },
  };
}

export interface Refusal {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly [field: string]: unknown };
}

/** The HTTP answer to an upgrade that the server refuses. Rejects if the server accepts it. */
export async function refusedWs(address: string, options: WsOptions = {}): Promise<Refusal> {
  const socket = dial(address, options);
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      socket.terminate();
      reject(new Error('the upgrade was not refused'));
    });
    socket.on('error', reject);
    socket.once('unexpected-response', (_request, response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => {
        const body = JSON.parse(text) as Refusal['body'];
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
  });
}

function dial(address: string, { protocols = [], token, headers, ...options }: WsOptions): WebSocket {
  const all = { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  return new WebSocket(address.replace(/^http/, 'ws'), protocols, { ...options, headers: all });
}
