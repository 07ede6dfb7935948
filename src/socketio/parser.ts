// How Socket.IO reads and writes packets here: what a client sends is never lost and never an error of the connection,
// it becomes one internal event that carries the client's event with its acknowledgement id.
import { EventEmitter } from 'node:events';
import { PACKET, type PacketText, readPacket } from './packet.ts';

/** An event that a client emitted. */
export interface ClientEvent {
  /** Undefined where what came is not to be understood: no JSON, no event, binary. */
  readonly name: string | undefined;
  /** The event's first argument. */
  readonly payload: unknown;
  /** The client passed a callback. */
  readonly ackId: number | undefined;
}

/** The events of a server-side socket: one, for all that the client emits. */
export interface ClientEvents {
  client: (event: ClientEvent) => void;
}

/** A packet in the library's own form. */
interface LibraryPacket {
  readonly type: number;
  readonly nsp: string;
  readonly id?: number;
  readonly data?: unknown;
}

/** Writes the packets that the library sends by itself. */
class Encoder {
  encode({ type, nsp, id, data }: LibraryPacket): string[] {
    const namespace = nsp === '/' ? '' : `${nsp},`;
    return [`${type}${namespace}${id ?? ''}${data === undefined ? '' : JSON.stringify(data)}`];
  }
}

/** Reads what one connection sends. Throws where it does not even connect properly: the library then closes it. */
class Decoder extends EventEmitter {
  private attachments = 0;

  add(data: unknown): void {
    if (typeof data === 'string') this.addText(data);
    else if (this.attachments > 0) this.attachments -= 1;
    else this.emitEvent('/', undefined, undefined);
  }

  destroy(): void {
    this.attachments = 0;
  }

  private addText(text: string): void {
    const packet = readPacket(text);
    if (packet?.type === PACKET.CONNECT) this.emitPacket(packet, connectData(packet.json));
    else if (packet?.type === PACKET.DISCONNECT) this.emitPacket(packet, undefined);
    else {
      this.attachments = packet?.attachments ?? 0;
      this.emitEvent(packet?.namespace ?? '/', eventData(packet), packet?.ackId);
    }
  }

  private emitPacket({ type, namespace }: PacketText, data: unknown): void {
    this.emit('decoded', { type, nsp: namespace, data } satisfies LibraryPacket);
  }

  private emitEvent(nsp: string, data: unknown[] | undefined, ackId: number | undefined): void {
    const event: ClientEvent = { name: data?.[0] as string | undefined, payload: data?.[1], ackId };
    this.emit('decoded', { type: PACKET.EVENT, nsp, data: ['client', event] } satisfies LibraryPacket);
  }
}

export const parser = { Encoder, Decoder };

function connectData(json: string): unknown {
  if (json === '') return undefined;
  const data: unknown = JSON.parse(json);
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw new Error('CONNECT carries no object');
  return data;
}

/** `[name, ...arguments]`; undefined where the packet is no event without attachments. */
function eventData(packet: PacketText | undefined): unknown[] | undefined {
  if (packet?.type !== PACKET.EVENT) return undefined;
  let data: unknown;
  try {
    data = JSON.parse(packet.json);
  } catch {
    return undefined;
  }
  return Array.isArray(data) && typeof data[0] === 'string' ? data : undefined;
}
