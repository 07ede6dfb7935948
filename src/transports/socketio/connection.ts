// One Socket.IO connection: what its client may send, and in which order. One CONNECT, to `/`, comes before everything
// else. Every packet counts, even those that only the library uses.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Boundary } from '../../lib/boundary.ts';
import type { Hub } from '../../realtime/connections/hub.ts';
import type { Answer, Session } from '../../realtime/connections/transport.ts';
import { type ClientEvent, type ClientPacket, readClientPacket, UNREADABLE } from './client-packet.ts';
import type { Engine } from './engine.ts';
import { PACKET } from './packet.ts';
import { clientFrame, encodeAnswer } from './translate.ts';
import { SocketIoTransport } from './transport.ts';
import type { Watcher } from './watched-engine.ts';

const ROOT = '/';
/** The Engine.IO protocol of Socket.IO 2, whose clients are connected to `/` without asking. */
const VERSION_2_PROTOCOL = 3;
/** The type of packets that carry a Socket.IO packet, which counts by itself. */
const MESSAGE = 'message';

export interface ConnectionDependencies {
  readonly hub: Pick<Hub, 'open'>;
  readonly boundary: Boundary;
  readonly addressOf: (request: IncomingMessage) => string;
  /** Whether frames are encoded once for all connections, or by the library for each. */
  readonly sharedFrames: boolean;
}

export class SocketIoConnection implements Watcher {
  private readonly engine: Engine;
  private readonly boundary: Boundary;
  private readonly transport: SocketIoTransport;
  private readonly session: Session;
  private isConnected = false;
  private isOver = false;
  /** How many binary messages of the last packet have not arrived yet. */
  private attachments = 0;

  constructor(engine: Engine, { hub, boundary, addressOf, sharedFrames }: ConnectionDependencies) {
    this.engine = engine;
    this.boundary = boundary;
    this.transport = new SocketIoTransport(engine, addressOf(engine.request), sharedFrames, (error) =>
      this.failed(error),
    );
    this.session = hub.open(this.transport, null);
    this.transport.listen(this.session);
    engine.on('data', (data) => this.read(data));
    // Deferred, because the close may happen inside a call of the session.
    engine.on('close', () => queueMicrotask(() => this.ended()));
    if (engine.protocol === VERSION_2_PROTOCOL) this.connect(`${PACKET.CONNECT}`, undefined);
  }

  heard(type: string): boolean {
    if (type !== MESSAGE && !this.isOver) this.session.alive();
    return !this.isOver && this.transport.isOpen;
  }

  answering(response: ServerResponse, size: number): void {
    this.transport.answering(response, size);
  }

  failed(error: unknown): void {
    this.boundary(error, () => {
      this.transport.terminate();
      this.ended();
    });
  }

  private read(data: unknown): void {
    if (this.isOver) return;
    if (typeof data === 'string') this.readPacket(readClientPacket(data));
    else if (!this.isConnected) this.leave();
    else if (this.attachments === 0) this.receive(UNREADABLE);
    else {
      this.attachments -= 1;
      this.session.alive();
    }
  }

  private readPacket(packet: ClientPacket): void {
    this.attachments = 0;
    if (packet.kind === 'connect') this.readConnect(packet);
    else if (!this.isConnected || packet.namespace !== ROOT || packet.kind === 'disconnect') this.leave();
    else {
      this.attachments = packet.attachments;
      this.receive(packet.event);
    }
  }

  private readConnect({ namespace, auth }: Extract<ClientPacket, { kind: 'connect' }>): void {
    if (namespace !== ROOT) {
      this.transport.send(`${PACKET.CONNECT_ERROR}${namespace},{"message":"Invalid namespace"}`);
      this.leave();
    } else if (this.isConnected || auth === undefined) this.leave();
    else this.connect(`${PACKET.CONNECT}${JSON.stringify({ sid: this.session.id })}`, auth.token);
  }

  /** Clients of version 2 have no `auth`: their token is in the query. */
  private connect(packet: string, authToken: unknown): void {
    this.isConnected = true;
    this.transport.connect(packet);
    const token = authToken ?? this.engine.request._query.token;
    if (token) this.receive({ name: 'authenticate', payload: { token }, ackId: undefined });
    else this.session.alive();
  }

  private receive(event: ClientEvent): void {
    const frame = clientFrame(event);
    const encode = (answer: Answer) => encodeAnswer(event, frame, answer, Date.now());
    if (event.name === undefined) this.session.receiveGarbage(encode);
    else this.session.receive({ frame, encode });
  }

  private leave(): void {
    this.transport.leave();
    this.ended();
  }

  private ended(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.session.closed();
  }
}
