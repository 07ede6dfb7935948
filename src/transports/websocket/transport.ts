// The transport of raw WebSocket connections: frames are text messages, and many leave in one write of the socket.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../backends/clock/clock.ts';
import type { Identity } from '../../chat/accounts/authenticate.ts';
import type { Boundary } from '../../lib/boundary.ts';
import type { Deadline } from '../../lib/deadline.ts';
import { CLOSE } from '../../protocol/close-codes.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { answerableId, answerFrame } from '../../realtime/commands/answer-frame.ts';
import type { Place } from '../../realtime/connections/connection-limits.ts';
import type { Hub } from '../../realtime/connections/hub.ts';
import { type Outgoing, outgoing } from '../../realtime/connections/outgoing.ts';
import type { Answer, Incoming, Session, Transport } from '../../realtime/connections/transport.ts';
import { bytesTaken } from '../shared/bytes-taken.ts';
import { EndingSocket } from '../shared/ending-socket.ts';
import { parseJson } from '../shared/parse-json.ts';
import { addressOfSocket, type ForwardedOf } from '../shared/peer-address.ts';
import { badRequest, type Refuse, refuseSocket } from '../shared/refusal.ts';
import { encodeForSocket, writeTogether } from '../shared/shared-frames.ts';

/** The subprotocol that a client names beside `bearer.<token>`. It is the only one that is ever selected. */
const SUBPROTOCOL = 'chat.v1';
/** How long a peer may take to answer the close frame before the connection is cut. */
const CLOSE_TIMEOUT_MS = 10_000;
const NOTHING = Buffer.alloc(0);

interface RawServerOptions {
  readonly hub: Pick<Hub, 'open'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly maxFrameBytes: number;
  readonly refuse: Refuse;
  readonly boundary: Boundary;
  readonly forwardedOf: ForwardedOf;
  /** Whether frames are encoded once for all connections, or by the library for each. */
  readonly sharedFrames: boolean;
}

/** The identity of a request, if it has one, the place that was taken for its user, and the deadline of the answer. */
interface Admitted {
  readonly identity: Identity | null;
  readonly deadline: Deadline;
  readonly place: Place | undefined;
}

/** Completes the upgrade and opens a session. If that fails, tells the peer why and returns false. */
export type AcceptRaw = (request: IncomingMessage, socket: Socket, head: Buffer, admitted: Admitted) => boolean;

export function createAcceptRaw(given: RawServerOptions): AcceptRaw {
  const { hub, clock, maxFrameBytes, refuse, boundary, forwardedOf, sharedFrames } = given;
  const options: ServerOptions<typeof RawConnection> & { closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
    closeTimeout: CLOSE_TIMEOUT_MS,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    WebSocket: sharedFrames ? RawConnection : PlainRawConnection,
  };
  const server = new WebSocketServer(options);
  server.on('wsClientError', ({ message }, socket) => {
    const refusal = refuse(badRequest(message));
    refuseSocket(socket, { ...refusal, headers: { ...refusal.headers, 'sec-websocket-version': '13' } });
  });

  function encodeAnswer(answer: Answer, id: string | undefined): Outgoing | undefined {
    const text = answerFrame(answer, id, clock.now());
    return text === undefined ? undefined : outgoing([text]);
  }

  const encodeWithoutId = (answer: Answer) => encodeAnswer(answer, undefined);

  function encoderFor(frame: unknown): Incoming['encode'] {
    const id = answerableId(frame, LIMITS.FRAME_ID_LENGTH);
    return id === undefined ? encodeWithoutId : (answer) => encodeAnswer(answer, id);
  }

  /** Takes a message of the peer from the library. */
  function receive(connection: RawConnection, data: Buffer, isBinary: boolean): void {
    // Ignores messages of a peer whose connection is being closed.
    if (connection.readyState !== WebSocket.OPEN) return;
    if (isBinary) {
      connection.close(CLOSE.BINARY, 'frames are text');
      return;
    }
    const frame = parseJson(data.toString());
    if (frame === undefined) connection.session.receiveGarbage(encodeWithoutId);
    else connection.session.receive({ frame, encode: encoderFor(frame) });
  }

  return (request, socket, head, { identity, deadline, place }) => {
    let accepted = false;
    server.handleUpgrade(request, socket, head, (connection) => {
      connection.socket = socket;
      connection.forwarded = forwardedOf(request);
      connection.receive = receive;
      connection.boundary = boundary;
      accepted = true;
      connection.session = hub.open(connection, identity, deadline, place);
    });
    return accepted;
  };
}

/**
 * One connection. It is the library's socket, so that an idle one costs no further objects. It overrides `emit`,
 * because a table of listeners would cost a quarter of a KiB for each connection. The library does `close` and
 * `terminate`: its close frame goes after what was written, and it cuts off a peer that does not answer it.
 */
class RawConnection extends EndingSocket implements Transport {
  readonly name = 'raw';
  declare socket: Socket;
  declare forwarded: string | null;
  declare session: Session;
  declare receive: (connection: RawConnection, data: Buffer, isBinary: boolean) => void;
  declare boundary: Boundary;
  private awaitsDrain = false;

  /**
   * The library closes the connection itself after each of its errors, and `close` follows. A failure here costs only
   * this connection.
   */
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    try {
      if (event === 'message') this.receive(this, values[0] as Buffer, values[1] as boolean);
      else if (event === 'ping' || event === 'pong') this.session.alive();
      else if (event === 'close') this.session.closed();
    } catch (error) {
      this.failed(error);
    }
    return true;
  }

  private failed(error: unknown): void {
    this.boundary(error, () => {
      this.terminate();
      this.session.closed();
    });
  }

  write(batch: readonly Outgoing[]): void {
    if (this.readyState !== WebSocket.OPEN) return;
    this.writeFrames(batch);
    if (this.socket.writableLength > 0) this.reportDrain();
  }

  protected writeFrames(batch: readonly Outgoing[]): void {
    writeTogether(this.socket, batch.map(bytesOf));
  }

  get address(): string {
    return addressOfSocket(this.socket, this.forwarded);
  }

  isClosed(): boolean {
    return this.readyState === WebSocket.CLOSED;
  }

  bufferedBytes(): number {
    return this.socket.writableLength;
  }

  progress(): number {
    return bytesTaken(this.socket);
  }

  /**
   * Tells the session when all written bytes have gone. The socket's own `drain` comes only if more than its high-water
   * mark was waiting. An empty write after the others always ends with them.
   */
  private reportDrain(): void {
    if (this.awaitsDrain) return;
    this.awaitsDrain = true;
    this.socket.write(NOTHING, (error) => {
      this.awaitsDrain = false;
      if (error) return;
      try {
        if (this.socket.writableLength > 0) this.reportDrain();
        else this.session.drained();
      } catch (failure) {
        this.failed(failure);
      }
    });
  }
}

/** The same with frames that the library encodes. */
class PlainRawConnection extends RawConnection {
  protected override writeFrames(batch: readonly Outgoing[]): void {
    this.socket.cork();
    for (const { texts } of batch) for (const text of texts) this.send(text);
    this.socket.uncork();
  }
}

function bytesOf(frames: Outgoing): Uint8Array {
  frames.raw ??= encodeForSocket(frames.texts);
  return frames.raw;
}
