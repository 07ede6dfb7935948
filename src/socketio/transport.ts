// A Socket.IO connection as the hub sees it. While it is a plain WebSocket, ready-made bytes go past the library, which
// would frame every packet for every peer anew; in all other states (polling, an upgrade under way) it carries them.
import type { Socket as NetSocket } from 'node:net';
import type { Socket } from 'socket.io';
import { CLOSE } from '../protocol/close-codes.ts';
import type { Outgoing } from '../realtime/outgoing.ts';
import type { Session, Transport } from '../realtime/transport.ts';
import { bytesTaken, type Engine, engineOf, webSocketOf, writableSocketOf } from './engine.ts';
import { packetBytesOf, packetsOf } from './outgoing-packets.ts';
import { numberOf, writeTogether } from './socket-write.ts';

/** After these the client shall come back by itself, which the official one does not after a disconnect packet. */
const COMES_BACK: ReadonlySet<number> = new Set([CLOSE.DRAIN, CLOSE.SLOW_READER]);
const UNCOMPRESSED = { compress: false };
const CLOSE_PATIENCE_MS = 1_000;
const CLOSE_STEP_MS = 20;
/** Of a WebSocket. */
const CLOSED = 3;
const NOTHING = new Uint8Array(0);

export class SocketIoTransport implements Transport {
  readonly name = 'socketio';
  private readonly socket: Socket;
  private readonly engine: Engine;
  private session: Session | undefined;
  private open = true;
  /** Length of the packets that the library holds back. */
  private queued = 0;
  /** How often the library let go of them. */
  private flushes = 0;
  private numbered: NetSocket | undefined;
  private number = 0;
  private awaitsDrain = false;
  private drainArmed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    this.engine = engineOf(socket);
  }

  /** Tells the session what happens to the connection from now on. */
  listen(session: Session): void {
    this.session = session;
    this.engine.on('heartbeat', () => session.alive());
    this.engine.on('drain', () => this.flushed());
    this.socket.once('disconnect', () => {
      this.open = false;
      this.engine.close();
      // Not at once: a disconnect may happen inside a call of the session.
      queueMicrotask(() => session.closed());
    });
  }

  write(batch: readonly Outgoing[]): void {
    if (!this.open) return;
    const socket = writableSocketOf(this.engine);
    if (socket) writeTogether(socket, this.numberFor(socket), batch, packetBytesOf);
    else this.writePackets(batch);
    if (this.bufferedBytes() > 0) this.reportDrain();
  }

  bufferedBytes(): number {
    return this.queued + (this.netSocket()?.writableLength ?? 0);
  }

  progress(): number {
    const socket = this.netSocket();
    return this.flushes + (socket ? bytesTaken(socket) : 0);
  }

  /** Engine.IO asks for signs of life by itself. */
  ping(): void {}

  close(code: number): void {
    if (!this.open) return;
    this.open = false;
    this.afterPackets(() => {
      if (COMES_BACK.has(code)) this.engine.close();
      else this.socket.disconnect(true);
    });
  }

  terminate(): void {
    this.open = false;
    const webSocket = webSocketOf(this.engine);
    if (webSocket) webSocket.terminate();
    else this.engine.close(true);
  }

  isClosed(): boolean {
    const webSocket = webSocketOf(this.engine);
    return webSocket ? webSocket.readyState === CLOSED : this.engine.readyState === 'closed';
  }

  /**
   * A connection that is closed while it goes from polling to a WebSocket may lose what waits for that: so what was
   * written goes first, but is not waited for long.
   */
  private afterPackets(end: () => void, patienceMs = CLOSE_PATIENCE_MS): void {
    const { upgrading, writeBuffer, readyState } = this.engine;
    const isCarried = !upgrading && writeBuffer.length === 0;
    if (isCarried || readyState !== 'open' || patienceMs <= 0) end();
    else setTimeout(() => this.afterPackets(end, patienceMs - CLOSE_STEP_MS), CLOSE_STEP_MS);
  }

  private writePackets(batch: readonly Outgoing[]): void {
    for (const frames of batch) {
      for (const packet of packetsOf(frames)) {
        // Before the write, for it may flush.
        this.queued += packet.length;
        this.engine.write(packet, UNCOMPRESSED);
      }
    }
  }

  /** The socket is another one after an upgrade. */
  private numberFor(socket: NetSocket): number {
    if (this.numbered !== socket) {
      this.numbered = socket;
      this.number = numberOf(socket);
    }
    return this.number;
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
    if (this.drainArmed || this.queued > 0) return;
    this.drainArmed = true;
    // A socket's own `drain` comes only where more than its high-water mark was waiting; this ends with the rest.
    this.netSocket()?.write(NOTHING, () => {
      this.drainArmed = false;
      this.settleDrain();
    });
  }

  private settleDrain(): void {
    if (!this.awaitsDrain || !this.open) return;
    if (this.bufferedBytes() > 0) {
      this.reportDrain();
      return;
    }
    this.awaitsDrain = false;
    this.session?.drained();
  }
}
