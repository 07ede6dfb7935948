// Outgoing frames as Socket.IO packets, encoded once however many connections get them.
import type { Outgoing } from '../../realtime/connections/outgoing.ts';
import { encodeForSocket } from '../shared/shared-frames.ts';
import { eventPacket } from './packet.ts';

/** The Engine.IO packet type of everything that Socket.IO sends. */
const ENGINE_MESSAGE = '4';

/** Wraps packets that only this transport can send. */
export function outgoingPackets(packets: readonly string[]): Outgoing {
  let size = 0;
  for (const packet of packets) size += packet.length;
  return { texts: [], size, raw: undefined, packets, packetBytes: undefined };
}

/** The frames as Socket.IO packets, for Engine.IO. */
export function packetsOf(frames: Outgoing): readonly string[] {
  frames.packets ??= frames.texts.map(messagePacket);
  return frames.packets;
}

/** The same as WebSocket frames of Engine.IO packets. */
export function packetBytesOf(frames: Outgoing): Uint8Array {
  frames.packetBytes ??= encodeForSocket((frames.packets ?? frames.texts.map(messagePacket)).map(enginePacket));
  return frames.packetBytes;
}

/** The packet of a server frame's JSON text. */
export function messagePacket(frameText: string): string {
  return eventPacket('message', frameText);
}

function enginePacket(packet: string): string {
  return ENGINE_MESSAGE + packet;
}
