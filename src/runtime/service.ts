// The whole service: started part by part, stopped in reverse order.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { createSystemClock } from '../backends/clock/system.ts';
import { createBoundary } from '../lib/boundary.ts';
import { createTeardown, type Teardown } from '../lib/teardown.ts';
import { createOriginCheck } from '../transports/shared/origin-check.ts';
import { createAddressOf, createForwardedOf } from '../transports/shared/peer-address.ts';
import { createRefuse } from '../transports/shared/refusal.ts';
import { createLazySocketIo } from '../transports/socketio/lazy.ts';
import { createUpgrade } from '../transports/upgrade.ts';
import { createAcceptRaw } from '../transports/websocket/transport.ts';
import type { Chat } from './compose.ts';
import type { Config } from './config/config.ts';
import { createHttpServer } from './http-server.ts';
import { type OpenOptions, openChat } from './open-chat.ts';
import { StartError } from './start-error.ts';
import { welcome } from './welcome.ts';

/** How long requests may still take once the connections of the other protocols are closed. */
const HTTP_GRACE_MS = 1_500;

export interface RunningService {
  readonly address: string;
  readonly port: number;
  /** Closes every connection with a goodbye, lets what is under way end, and closes everything. Never rejects. */
  stop(): Promise<void>;
}

export type StartOptions = Pick<OpenOptions, 'logger' | 'databasePatienceMs'>;

/**
 * Resolves when the service listens. Throws StartError for problems that a person can solve. Then nothing is left
 * behind.
 */
export async function startService(config: Config, options: StartOptions): Promise<RunningService> {
  const teardown = createTeardown(options.logger);
  try {
    return await start(config, options, teardown);
  } catch (error) {
    await teardown.run();
    throw error;
  }
}

async function start(config: Config, options: StartOptions, teardown: Teardown): Promise<RunningService> {
  const { logger } = options;
  const clock = createSystemClock({ defer: setImmediate });
  let isStopping = false;

  const opening = { ...options, clock, stopping: () => isStopping, teardown };
  const chat = await openChat(config, opening);
  const server = await serve(config, chat, opening);
  const { address, port } = server.address() as AddressInfo;
  logger.info({ address, port }, welcome(config, port));
  return {
    address,
    port,
    stop() {
      isStopping = true;
      return teardown.run();
    },
  };
}

/** Connects the three protocols to one server, and listens. */
async function serve(config: Config, { app, hub, authenticate }: Chat, options: OpenOptions): Promise<Server> {
  const { clock, logger, stopping, teardown } = options;
  const { maxFrameBytes, keepAliveTimeoutMs, wsCorsOrigins, sharedFrames } = config;
  const refuse = createRefuse(logger);
  const boundary = createBoundary(logger);
  const forwardedOf = createForwardedOf(config.trustProxy);
  const addressOf = createAddressOf(forwardedOf);
  const isAllowedOrigin = createOriginCheck(wsCorsOrigins, config.trustProxy);
  const common = { hub, maxFrameBytes, sharedFrames };
  const forSocketIo = { ...common, corsOrigins: wsCorsOrigins, isAllowedOrigin, logger, addressOf };
  const socketIo = createLazySocketIo(forSocketIo, refuse, boundary);
  const raw = createAcceptRaw({ ...common, clock, refuse, boundary, forwardedOf });
  const upgrade = createUpgrade({
    authenticate,
    limits: hub.limits,
    isAllowedOrigin,
    raw,
    socketIo: socketIo.handleUpgrade,
    refuse,
    boundary,
    addressOf,
    stopping,
  });
  const server = createHttpServer({
    fetch: app.fetch,
    socketIo: socketIo.handleRequest,
    upgrade,
    refuse,
    boundary,
    keepAliveTimeoutMs,
  });
  await listen(server, config);

  let closed: Promise<void> | undefined;
  teardown.add('requests', () => endRequests(server, closed));
  teardown.add('Socket.IO', () => socketIo.close());
  teardown.add('connections', () => hub.drain());
  teardown.add('listener', () => {
    closed = stopListening(server);
  });
  return server;
}

function listen(server: Server, { host, port }: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new StartError(`Cannot listen on ${host}:${port} (set HOST, PORT): ${cause.message}`, { cause }));
    });
    server.listen(port, host, resolve);
  });
}

/** Takes no new connections, and closes idle ones. Resolves when the last one is gone. */
function stopListening(server: Server): Promise<void> {
  server.keepAliveTimeout = 1;
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

/** Gives requests under way a moment, then cuts them. */
async function endRequests(server: Server, closed: Promise<void> | undefined): Promise<void> {
  await Promise.race([closed, setTimeout(HTTP_GRACE_MS, undefined, { ref: false })]);
  server.closeAllConnections();
}
