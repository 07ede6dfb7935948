// Reads the packets of Socket.IO clients. Anything is read as some packet: nothing here throws.
import { parseJson } from '../shared/parse-json.ts';
import { PACKET, type PacketText, readPacket } from './packet.ts';

/** An event that a client emitted. */
export interface ClientEvent {
  /** Undefined if the message is unreadable: not JSON, not an event, or binary. */
  readonly name: string | undefined;
  /** The event's first argument. */
  readonly payload: unknown;
  /** Set if the client passed a callback. */
  readonly ackId: number | undefined;
}

export type ClientPacket =
  /** `auth` is undefined if it is not an object. */
  | { readonly kind: 'connect'; readonly namespace: string; readonly auth: { readonly token?: unknown } | undefined }
  | { readonly kind: 'disconnect'; readonly namespace: string }
  /** As many binary messages as `attachments` belong to it and follow. */
  | { readonly kind: 'event'; readonly namespace: string; readonly attachments: number; readonly event: ClientEvent };

/** The event for an unreadable message. */
export const UNREADABLE: ClientEvent = { name: undefined, payload: undefined, ackId: undefined };

/** Reads a text message. */
export function readClientPacket(text: string): ClientPacket {
  const packet = readPacket(text);
  if (!packet) return { kind: 'event', namespace: '/', attachments: 0, event: UNREADABLE };
  const { type, namespace, attachments, ackId, json } = packet;
  if (type === PACKET.CONNECT)
    return { kind: 'connect', namespace, auth: json === '' ? {} : asObject(parseJson(json)) };
  if (type === PACKET.DISCONNECT) return { kind: 'disconnect', namespace };
  const [name, payload] = eventData(packet) ?? [];
  return { kind: 'event', namespace, attachments, event: { name, payload, ackId } };
}

/** Returns `[name, ...arguments]`, or undefined if the packet is not an event without attachments. */
function eventData({ type, json }: PacketText): [string, ...unknown[]] | undefined {
  const data = type === PACKET.EVENT ? parseJson(json) : undefined;
  return Array.isArray(data) && typeof data[0] === 'string' ? (data as [string, ...unknown[]]) : undefined;
}

function asObject(value: unknown): object | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}
