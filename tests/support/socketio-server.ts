// A server that only speaks Socket.IO. Its sessions do nothing but record what they are told.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import { createConnectionLimits } from '../../src/realtime/connections/connection-limits.ts';
import type { Incoming, Session, Transport } from '../../src/realtime/connections/transport.ts';
import { attachSocketIo, type SocketIo } from '../../src/transports/socketio/attach.ts';

/** The one origin that browsers may come from. */
export const ORIGIN = 'https://chat.example';

/** A session that records what it is told. */
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

/** Stopped after the test. `receive` may do something with a frame, such as fail. */
export async function startSocketIoServer({
  maxFrameBytes = 65_536,
  sharedFrames = true,
  receive = () => {},
}: {
  maxFrameBytes?: number;
  sharedFrames?: boolean;
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
    hub: { open, limits: createConnectionLimits({ perUser: 0, perAddress: 0, countEverywhere: async () => 0 }) },
    corsOrigins: [ORIGIN],
    isAllowedOrigin: ({ headers: { origin } }) => origin === undefined || origin === ORIGIN,
    maxFrameBytes,
    logger,
    addressOf: () => '192.0.2.1',
    sharedFrames,
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
