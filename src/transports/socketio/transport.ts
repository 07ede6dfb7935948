// The transport of a Socket.IO connection. On a plain WebSocket, shared bytes go past the library, which would frame
// every packet for every peer. In all other states (polling, an upgrade under way) the library carries the packets.
import type { ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { RECONNECT_AFTER } from '../../protocol/close-codes.ts';
import type { Outgoing } from '../../realtime/connections/outgoing.ts';
import type { Session, Transport } from '../../realtime/connections/transport.ts';
import { bytesTaken } from '../shared/bytes-taken.ts';
import { cutIfStillSending } from '../shared/ending-socket.ts';
import { writeTogether } from '../shared/shared-frames.ts';
import { type Engine, webSocketOf, writableSocketOf } from './engine.ts';
import { packetBytesOf, packetsOf } from './outgoing-packets.ts';
import { PACKET } from './packet.ts';
import { CLOSE_PATIENCE_MS } from './watched-engine.ts';

const UNCOMPRESSED = { compress: false };
const UPGRADE_PATIENCE_MS = 1_000;
const CLOSE_STEP_MS = 20;
/** The ready state of a closed WebSocket. */
const CLOSED = 3;
const NOTHING = new Uint8Array(0);

export class SocketIoTransport implements Transport {
  readonly name = 'socketio';
  readonly address: string;
  private readonly sharedFrames: boolean;
  private readonly engine: Engine;
  private readonly failed: (error: unknown) => void;
  private session: Session | undefined;
  /** False once the connection is closing: nothing more is written, and nothing that arrives is worked on. */
  isOpen = true;
  /** Whether the client has connected, so that it understands a disconnect packet. */
  private connected = false;
  /** The length of the packets that the library has queued, its own included. */
  private queued = 0;
  /** The size of the answers to polls that are under way, and the last of them. */
  private answers = 0;
  private lastAnswer: ServerResponse | undefined;
  /** How often the library's queue was emptied, or an answer was sent. */
  private flushes = 0;
  private awaitsDrain = false;
  private drainArmed = false;

  /** `failed` is called if a callback of this connection fails. `sharedFrames`: see shared/shared-frames.ts. */
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

  /** Tells this session from now on when everything written has gone. */
  listen(session: Session): void {
    this.session = session;
  }

  /** Sends the packet that tells the client that it is connected. */
  connect(packet: string): void {
    this.connected = true;
    this.send(packet);
  }

  /** Sends a Socket.IO packet, after everything that was written before. */
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

  /** Engine.IO sends pings by itself. */
  ping(): void {}

  close(code: number): void {
    if (!this.isOpen) return;
    const reconnects = RECONNECT_AFTER.has(code);
    if (reconnects) this.endPolls();
    this.afterPackets(() => (reconnects ? this.hangUp() : this.disconnect()));
    this.end();
  }

  /** Closes without a packet, because the client wants it or breaks the protocol. */
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
    // If the library was closing already, it would wait for the client's next poll.
    if (!webSocket && this.engine.readyState !== 'closed') this.engine.transport.onClose();
  }

  isClosed(): boolean {
    const webSocket = webSocketOf(this.engine);
    return webSocket ? webSocket.readyState === CLOSED : this.engine.readyState === 'closed';
  }

  /** Counts an answer to a poll until it is sent. The library considers it sent once the response has it. */
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

  /** Stops writing, and cuts off a peer that ignores the close. */
  private end(): void {
    this.isOpen = false;
    const timer = setTimeout(() => this.guard(() => this.isClosed() || this.terminate()), CLOSE_PATIENCE_MS);
    timer.unref();
  }

  /** After this packet the official client closes the connection and does not reconnect. */
  private disconnect(): void {
    if (this.connected) this.send(`${PACKET.DISCONNECT}`);
    this.engine.close();
  }

  /**
   * Ends the TCP connection after what was written, without the closing handshake of WebSocket: some clients ignore its
   * first half, and notice the end only by a missing ping.
   */
  private hangUp(): void {
    const socket = this.netSocket();
    if (!socket) return this.engine.close();
    cutIfStillSending(socket);
    socket.end();
  }

  /** Ends the TCP connection of each poll with its answer, even if the head of an answer under way said otherwise. */
  private endPolls(): void {
    const { lastAnswer } = this;
    lastAnswer?.once('finish', () => lastAnswer.req.socket.end());
    this.engine.transport.on('headers', (headers) => {
      headers.Connection = 'close';
    });
  }

  /**
   * Calls `end` when written packets have gone, or after a short time. A connection that is closed while it goes from
   * polling to a WebSocket would lose them.
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
    // A socket's own `drain` comes only if more than its high-water mark was waiting. This write ends after the others.
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
