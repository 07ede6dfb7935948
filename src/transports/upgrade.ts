// Handles all upgrades of the server: passes each to its protocol, or refuses it before the upgrade.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Authenticate, Identity } from '../chat/accounts/authenticate.ts';
import type { Boundary } from '../lib/boundary.ts';
import { createDeadlines, type Deadline, deadlineIn, inTime } from '../lib/deadline.ts';
import { ChatError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { ConnectionLimits, Place } from '../realtime/connections/connection-limits.ts';
import { isSocketIoPath, offeredTokens, pathOf } from './handshake.ts';
import type { IsAllowedOrigin } from './shared/origin-check.ts';
import type { AddressOf } from './shared/peer-address.ts';
import { type Refuse, refuseSocket } from './shared/refusal.ts';
import type { AcceptRaw } from './websocket/transport.ts';

/** How late at most a handshake gets the answer that it took too long. */
const LATE_BY_MS = 250;

export type HandleUpgrade = (request: IncomingMessage, socket: Socket, head: Buffer) => void;

export interface UpgradeOptions {
  readonly authenticate: Authenticate;
  readonly limits: ConnectionLimits;
  readonly isAllowedOrigin: IsAllowedOrigin;
  readonly raw: AcceptRaw;
  readonly socketIo: HandleUpgrade;
  readonly refuse: Refuse;
  readonly boundary: Boundary;
  readonly addressOf: AddressOf;
  /** True once the service stops: nothing new begins. */
  readonly stopping: () => boolean;
}

export function createUpgrade(options: UpgradeOptions): HandleUpgrade {
  const { authenticate, limits, isAllowedOrigin, raw, socketIo, refuse, boundary, addressOf, stopping } = options;

  const deadlines = createDeadlines(LATE_BY_MS);

  /** Returns null if the request has no token: then its session must authenticate. */
  async function identify(request: IncomingMessage, deadline: Deadline): Promise<Identity | null> {
    const { url = '', headers } = request;
    const [token, ...others] = offeredTokens(url, headers);
    if (token === undefined) return null;
    // With two tokens it is not clear which user acts.
    if (others.length > 0) throw new ChatError('UNAUTHORIZED', 'The request carries several different tokens');
    return inTime(
      deadlines,
      deadline,
      authenticate(token, () => addressOf(request)),
      tooLate,
    );
  }

  /** Takes a place in the user's limit. A place that comes too late is released. */
  async function takePlace(userId: number, deadline: Deadline): Promise<Place> {
    const taken = limits.takeUser(userId);
    try {
      return await inTime(deadlines, deadline, taken, tooLate);
    } catch (error) {
      taken.then((place) => place.release(), ignore);
      throw error;
    }
  }

  function assertRunning(): void {
    if (stopping()) throw new ChatError('UNAVAILABLE', 'The service is stopping: connect again');
  }

  async function acceptRaw(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    socket.on('error', ignore);
    let place: Place | undefined;
    try {
      if (!isAllowedOrigin(request)) {
        throw new ChatError('FORBIDDEN', 'This origin may not connect');
      }
      const deadline = deadlineIn(LIMITS.ANSWER_MS);
      const identity = await identify(request, deadline);
      if (identity === null) limits.assertAddress(addressOf(request));
      else place = await takePlace(identity.user.id, deadline);
      assertRunning();
      socket.off('error', ignore);
      if (!raw(request, socket, head, { identity, deadline, place })) place?.release();
    } catch (error) {
      place?.release();
      refuseSocket(socket, refuse(error));
    }
  }

  function acceptSocketIo(request: IncomingMessage, socket: Socket, head: Buffer): void {
    try {
      assertRunning();
      socketIo(request, socket, head);
    } catch (error) {
      refuseSocket(socket, refuse(error));
    }
  }

  return (request, socket, head) => {
    if (isSocketIoPath(pathOf(request.url ?? ''))) acceptSocketIo(request, socket, head);
    else acceptRaw(request, socket, head).catch((error: unknown) => boundary(error, () => socket.destroy()));
  };
}

function tooLate(): ChatError {
  return new ChatError('UNAVAILABLE', 'It took too long: connect again');
}

/** A peer may go away during its handshake. */
function ignore(): void {}
