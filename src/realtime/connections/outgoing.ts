// Outgoing frames as JSON text, encoded at most once per dialect, however many connections get them.

/**
 * Frames that leave together, in order. All connections that get them share it. A transport makes its own encoding when
 * first needed: `raw` (WebSocket bytes), `packets` (Socket.IO packets) or `packetBytes` (packets as WebSocket bytes).
 */
export interface Outgoing {
  /** Each is the JSON text of one server frame. Empty if a transport made `packets` itself (a Socket.IO callback). */
  readonly texts: readonly string[];
  /** The length of the texts in UTF-16 units, which the memory bound counts before encoding. */
  readonly size: number;
  raw: Uint8Array | undefined;
  packets: readonly string[] | undefined;
  packetBytes: Uint8Array | undefined;
}

export function outgoing(texts: readonly string[]): Outgoing {
  let size = 0;
  for (const text of texts) size += text.length;
  return { texts, size, raw: undefined, packets: undefined, packetBytes: undefined };
}
