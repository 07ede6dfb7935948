// A server that speaks raw WebSocket, and shows what else it is asked for. Its sessions do nothing but record what they
// are told.
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import type { Identity } from '../../src/chat/accounts/authenticate.ts';
import { createBoundary } from '../../src/lib/boundary.ts';
import { ChatError } from '../../src/protocol/errors.ts';
import { createConnectionLimits } from '../../src/realtime/connections/connection-limits.ts';
import type { Incoming, Session, Transport } from '../../src/realtime/connections/transport.ts';
import { createHttpServer } from '../../src/runtime/http-server.ts';
import { createOriginCheck } from '../../src/transports/shared/origin-check.ts';
import { createRefuse } from '../../src/transports/shared/refusal.ts';
import { createUpgrade } from '../../src/transports/upgrade.ts';
import { createAcceptRaw } from '../../src/transports/websocket/transport.ts';

/** The one origin that browsers may come from. */
export const ORIGIN = 'https://chat.example';

/** A session that records what it is told. */
export interface Opened {
  readonly transport: Transport;
  readonly identity: Identity | null;
  readonly events: string[];
  readonly received: Incoming[];
  readonly garbage: Array<Incoming['encode']>;
}

export interface WebSocketServer {
  readonly port: number;
  /** The address of the endpoint. */
  readonly url: string;
  readonly opened: Opened[];
  /** What was logged as an error. */
  readonly failures: object[];
}

export interface WebSocketServerOptions {
  readonly stopping?: boolean;
  readonly sharedFrames?: boolean;
  /** Called with the place wherever the server works for one peer. May throw. */
  readonly fails?: (place: string) => void;
}

const ADDRESS = '192.0.2.1';
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const stops: Array<() => void> = [];

/** Stopped after the test. */
export async function startWebSocketServer({
  stopping = false,
  sharedFrames = true,
  fails = () => {},
}: WebSocketServerOptions = {}): Promise<WebSocketServer> {
  const opened: Opened[] = [];
  const failures: object[] = [];
  const refuse = createRefuse(silent);
  const boundary = createBoundary({ error: (fields) => void failures.push(fields) });
  const raw = createAcceptRaw({
    hub: { open: (transport, identity) => openSession(opened, fails, transport, identity) },
    clock: { now: () => 7 },
    maxFrameBytes: 1024,
    refuse,
    boundary,
    forwardedOf: () => ADDRESS,
    sharedFrames,
  });
  const upgrade = createUpgrade({
    authenticate,
    limits: createConnectionLimits({ perUser: 0, perAddress: 0, countEverywhere: async () => 0 }),
    isAllowedOrigin: createOriginCheck([ORIGIN], false),
    raw,
    socketIo: (_request, socket) => void socket.end('HTTP/1.1 418 socket.io\r\n\r\n'),
    refuse,
    boundary,
    addressOf: () => ADDRESS,
    stopping: () => stopping,
  });
  const port = await serve({ upgrade, refuse, boundary }, fails, opened);
  return { port, url: `http://127.0.0.1:${port}/api/v1/ws`, opened, failures };
}

function openSession(
  opened: Opened[],
  fails: (place: string) => void,
  transport: Transport,
  identity: Identity | null,
): Session {
  const session: Opened = { transport, identity, events: [], received: [], garbage: [] };
  opened.push(session);
  return {
    id: 'x',
    receive(incoming) {
      session.received.push(incoming);
      fails('receive');
    },
    receiveGarbage: (encode) => void session.garbage.push(encode),
    alive() {
      session.events.push('alive');
      fails('alive');
    },
    drained() {
      session.events.push('drained');
      fails('drained');
    },
    closed: () => void session.events.push('closed'),
  };
}

async function authenticate(token: string): Promise<Identity> {
  if (token === 'unavailable') throw new ChatError('UNAVAILABLE');
  if (token === 'broken') throw new TypeError('internals of the service');
  if (!token.startsWith('good')) throw new ChatError('UNAUTHORIZED');
  return { user: { username: token }, expiresAt: 1 } as unknown as Identity;
}

type ServerParts = Pick<Parameters<typeof createHttpServer>[0], 'upgrade' | 'refuse' | 'boundary'>;

/** Listens on a free port, which it returns. Requests are answered with what they are. */
async function serve(parts: ServerParts, fails: (place: string) => void, opened: readonly Opened[]): Promise<number> {
  const server = createHttpServer({
    ...parts,
    keepAliveTimeoutMs: 65_000,
    fetch: async (request) =>
      new Response(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`),
    socketIo(_request, response) {
      fails('socketIo');
      response.end('polling');
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => {
    server.close();
    server.closeAllConnections();
    for (const { transport } of opened) transport.terminate();
  });
  return (server.address() as AddressInfo).port;
}

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});
