// A server that speaks Socket.IO alone, whose sessions do nothing but write down what they are told, and a client that says
// what it likes.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import { WebSocket } from 'ws';
import type { Incoming, Session, Transport } from '../../src/realtime/transport.ts';
import { attachSocketIo, type SocketIo } from '../../src/socketio/attach.ts';

/** The one origin that browsers may come from. */
export const ORIGIN = 'https://chat.example';

/** A session that writes down what it is told. */
export interface Told {
  readonly transport: Transport;
  readonly received: Incoming[];
  readonly garbage: Array<Incoming['encode']>;
  readonly signs: string[];
}

export interface SocketIoServer {
  readonly url: string;
  readonly sessions: Told[];
  readonly socketIo: SocketIo;
  /** What was logged as an error. */
  readonly errors: object[];
}

const stops: Array<() => Promise<void>> = [];

/** Ended after the test. `receive` may do something with a frame, such as fail. */
export async function startSocketIoServer({
  maxFrameBytes = 65_536,
  receive = () => {},
}: {
  maxFrameBytes?: number;
  receive?: (incoming: Incoming) => void;
} = {}): Promise<SocketIoServer> {
  const sessions: Told[] = [];
  const errors: object[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error: (fields: object) => void errors.push(fields) };

  function open(transport: Transport): Session {
    const told: Told = { transport, received: [], garbage: [], signs: [] };
    sessions.push(told);
    return {
      id: 'x',
      receive(incoming) {
        told.received.push(incoming);
        receive(incoming);
      },
      receiveGarbage: (encode) => void told.garbage.push(encode),
      alive: () => void told.signs.push('alive'),
      drained: () => void told.signs.push('drained'),
      closed: () => void told.signs.push('closed'),
    };
  }

  const socketIo = attachSocketIo({
    hub: { open },
    corsOrigins: [ORIGIN],
    maxFrameBytes,
    logger,
    addressOf: () => '192.0.2.1',
  });
  const server = createServer(socketIo.handleRequest).on('upgrade', socketIo.handleUpgrade);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(async () => {
    await socketIo.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, sessions, socketIo, errors };
}

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

export interface Wire {
  readonly socket: WebSocket;
  /** Everything that came, as text. */
  readonly texts: string[];
  /** With the code that the WebSocket ended with: 1006 where its closing handshake was left out. */
  readonly closed: Promise<number>;
}

/** A WebSocket client that says what it likes. */
export async function openWire(url: string, query = 'EIO=4&transport=websocket'): Promise<Wire> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?${query}`);
  const texts: string[] = [];
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  socket.on('message', (data) => texts.push(String(data)));
  await new Promise((resolve, reject) => socket.once('open', resolve).on('error', reject));
  return { socket, texts, closed };
}

export interface Polling {
  readonly sid: string;
  readonly address: string;
  poll(): Promise<string>;
  post(body: string): Promise<number>;
}

/** A client that polls, and says what it likes. */
export async function openPolling(url: string, query = 'EIO=4&transport=polling'): Promise<Polling> {
  const base = `${url}/socket.io/?${query}`;
  const opened = await (await fetch(base)).text();
  const { sid } = JSON.parse(opened.slice(opened.indexOf('{'), opened.indexOf('}') + 1)) as { sid: string };
  const address = `${base}&sid=${sid}`;
  return {
    sid,
    address,
    poll: async () => (await fetch(address)).text(),
    post: async (body) => (await fetch(address, { method: 'POST', body })).status,
  };
}
