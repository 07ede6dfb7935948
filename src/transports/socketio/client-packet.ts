// What a packet of a Socket.IO client says. Whatever it is, it is understood as something: nothing here throws.
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

export type ClientPacket =
  /** `auth` is undefined where what stands there is no object. */
  | { readonly kind: 'connect'; readonly namespace: string; readonly auth: { readonly token?: unknown } | undefined }
  | { readonly kind: 'disconnect'; readonly namespace: string }
  /** `attachments` binary messages belong to it and follow. */
  | { readonly kind: 'event'; readonly namespace: string; readonly attachments: number; readonly event: ClientEvent };

/** The event that stands for what is not to be understood. */
export const UNREADABLE: ClientEvent = { name: undefined, payload: undefined, ackId: undefined };

/** Reads a text message. */
export function readClientPacket(text: string): ClientPacket {
  const packet = readPacket(text);
  if (!packet) return { kind: 'event', namespace: '/', attachments: 0, event: UNREADABLE };
  const { type, namespace, attachments, ackId, json } = packet;
  if (type === PACKET.CONNECT) return { kind: 'connect', namespace, auth: json === '' ? {} : asObject(parse(json)) };
  if (type === PACKET.DISCONNECT) return { kind: 'disconnect', namespace };
  const [name, payload] = eventData(packet) ?? [];
  return { kind: 'event', namespace, attachments, event: { name, payload, ackId } };
}

/** `[name, ...arguments]`; undefined where the packet is no event without attachments. */
function eventData({ type, json }: PacketText): [string, ...unknown[]] | undefined {
  const data = type === PACKET.EVENT ? parse(json) : undefined;
  return Array.isArray(data) && typeof data[0] === 'string' ? (data as [string, ...unknown[]]) : undefined;
}

function asObject(value: unknown): object | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

/** Undefined, which no JSON text means, for what is no JSON. */
function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
