// A Socket.IO connection as the hub sees it. While it is a plain WebSocket, ready-made bytes go past the library, which
// would frame every packet for every peer anew; in all other states (polling, an upgrade under way) it carries them.
import type { ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { RECONNECT_AFTER } from '../../protocol/close-codes.ts';
import type { Outgoing } from '../../realtime/connections/outgoing.ts';
import type { Session, Transport } from '../../realtime/connections/transport.ts';
import { bytesTaken } from '../shared/bytes-taken.ts';
import { readLittle } from '../shared/ending-socket.ts';
import { writeTogether } from '../shared/shared-frames.ts';
import { type Engine, webSocketOf, writableSocketOf } from './engine.ts';
import { packetBytesOf, packetsOf } from './outgoing-packets.ts';
import { PACKET } from './packet.ts';
import { CLOSE_PATIENCE_MS } from './watched-engine.ts';

const UNCOMPRESSED = { compress: false };
const UPGRADE_PATIENCE_MS = 1_000;
const CLOSE_STEP_MS = 20;
/** Of a WebSocket. */
const CLOSED = 3;
const NOTHING = new Uint8Array(0);

export class SocketIoTransport implements Transport {
  readonly name = 'socketio';
  readonly address: string;
  private readonly sharedFrames: boolean;
  private readonly engine: Engine;
  private readonly failed: (error: unknown) => void;
  private session: Session | undefined;
  /** False once it is to be closed: nothing is written any more, and what comes is not worked on. */
  isOpen = true;
  /** The client has connected, so that a disconnect packet says something to it. */
  private connected = false;
  /** Length of the packets that the library holds back, its own included. */
  private queued = 0;
  /** Size of the answers to polls that are under way, and the last of them. */
  private answers = 0;
  private lastAnswer: ServerResponse | undefined;
  /** How often the library let go of packets, or an answer was sent. */
  private flushes = 0;
  private awaitsDrain = false;
  private drainArmed = false;

  /** `failed` is told where a callback of this connection fails; `sharedFrames`: see shared/shared-frames.ts. */
  constructor(engine: Engine, address: string, sharedFrames: boolean, failed: (error: unknown) => void) {
    this.engine = engine;
    this.address = address;
    this.sharedFrames = sharedFrames;
    this.failed = failed;
    engine.on('packetCreate', ({ data }) => {
      this.queued += 1 + (data?.length ?? 0);
    });
    engine.on('drain', () => this.flushed());
  }

  /** The session hears from now on when all that was written has gone. */
  listen(session: Session): void {
    this.session = session;
  }

  /** Sends the packet that tells the client that it is connected. */
  connect(packet: string): void {
    this.connected = true;
    this.send(packet);
  }

  /** Sends a Socket.IO packet, after all that was written before. */
  send(packet: string): void {
    this.engine.write(packet, UNCOMPRESSED);
  }

  write(batch: readonly Outgoing[]): void {
    if (!this.isOpen) return;
    const socket = this.sharedFrames ? writableSocketOf(this.engine) : undefined;
    if (socket) writeTogether(socket, batch.map(packetBytesOf));
    else for (const frames of batch) for (const packet of packetsOf(frames)) this.send(packet);
    if (this.bufferedBytes() > 0) this.reportDrain();
  }

  bufferedBytes(): number {
    return this.queued + this.answers + (this.netSocket()?.writableLength ?? 0);
  }

  progress(): number {
    const socket = this.netSocket();
    return this.flushes + (socket ? bytesTaken(socket) : 0);
  }

  /** Engine.IO asks for signs of life by itself. */
  ping(): void {}

  close(code: number): void {
    if (!this.isOpen) return;
    const comesBack = RECONNECT_AFTER.has(code);
    if (comesBack) this.endPolls();
    this.afterPackets(() => (comesBack ? this.hangUp() : this.disconnect()));
    this.end();
  }

  /** Closes at the client's wish, or because it does not keep to the protocol: there is nothing to say. */
  leave(): void {
    if (!this.isOpen) return;
    this.end();
    this.engine.close();
  }

  terminate(): void {
    this.isOpen = false;
    const webSocket = webSocketOf(this.engine);
    if (webSocket) webSocket.terminate();
    else this.engine.close(true);
    // The library waits for the client's next poll where it was closing already.
    if (!webSocket && this.engine.readyState !== 'closed') this.engine.transport.onClose();
  }

  isClosed(): boolean {
    const webSocket = webSocketOf(this.engine);
    return webSocket ? webSocket.readyState === CLOSED : this.engine.readyState === 'closed';
  }

  /** An answer to a poll, which the library takes for sent as soon as it was handed to the response. */
  answering(response: ServerResponse, size: number): void {
    let isUnderWay = true;
    const sent = () => {
      if (!isUnderWay) return;
      isUnderWay = false;
      this.answers -= size;
      this.flushes += 1;
      if (this.lastAnswer === response) this.lastAnswer = undefined;
      this.guard(() => this.settleDrain());
    };
    this.answers += size;
    this.lastAnswer = response;
    response.once('finish', sent).once('close', sent);
  }

  /** Nothing is written any more; a peer that takes no notice of the end is cut off. */
  private end(): void {
    this.isOpen = false;
    const timer = setTimeout(() => this.guard(() => this.isClosed() || this.terminate()), CLOSE_PATIENCE_MS);
    timer.unref();
  }

  /** The official client takes it for final, and closes the connection. */
  private disconnect(): void {
    if (this.connected) this.send(`${PACKET.DISCONNECT}`);
    this.engine.close();
  }

  /**
   * Ends the TCP connection behind what was written. Without the closing handshake of WebSocket: some clients take no
   * notice of its first half, and wait for a ping to miss.
   */
  private hangUp(): void {
    const socket = this.netSocket();
    if (!socket) return this.engine.close();
    readLittle(socket);
    socket.end();
  }

  /** The TCP connection of a poll ends with its answer, also of one that is under way, whose head said otherwise. */
  private endPolls(): void {
    const { lastAnswer } = this;
    lastAnswer?.once('finish', () => lastAnswer.req.socket.end());
    this.engine.transport.on('headers', (headers) => {
      headers.Connection = 'close';
    });
  }

  /**
   * A connection that is closed while it goes from polling to a WebSocket may lose what waits for that: so what was
   * written goes first, but is not waited for long.
   */
  private afterPackets(end: () => void, patienceMs = UPGRADE_PATIENCE_MS): void {
    const { upgrading, writeBuffer, readyState } = this.engine;
    const isCarried = !upgrading && writeBuffer.length === 0;
    if (isCarried || readyState !== 'open' || patienceMs <= 0) this.guard(end);
    else setTimeout(() => this.afterPackets(end, patienceMs - CLOSE_STEP_MS), CLOSE_STEP_MS);
  }

  private netSocket(): NetSocket | undefined {
    return webSocketOf(this.engine)?._socket;
  }

  private flushed(): void {
    this.queued = 0;
    this.flushes += 1;
    this.settleDrain();
  }

  private reportDrain(): void {
    this.awaitsDrain = true;
    if (this.drainArmed || this.queued > 0 || this.answers > 0) return;
    this.drainArmed = true;
    // A socket's own `drain` comes only where more than its high-water mark was waiting; this ends with the rest.
    this.netSocket()?.write(NOTHING, () => {
      this.drainArmed = false;
      this.guard(() => this.settleDrain());
    });
  }

  private settleDrain(): void {
    if (!this.awaitsDrain || !this.isOpen) return;
    if (this.bufferedBytes() > 0) {
      this.reportDrain();
      return;
    }
    this.awaitsDrain = false;
    this.session?.drained();
  }

  private guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.failed(error);
    }
  }
}
