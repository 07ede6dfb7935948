// What goes out to connections: frames as JSON text, encoded at most once per dialect however many connections get them.

/**
 * Frames that leave together, in order. Shared by all connections that get them; a transport keeps its own encoding in
 * `raw` (WebSocket bytes), `packets` (Socket.IO packets) or `packetBytes` (those as WebSocket bytes), made when first
 * needed.
 */
export interface Outgoing {
  /** Each the JSON text of one server frame. Empty where a transport made `packets` itself (a Socket.IO callback). */
  readonly texts: readonly string[];
  /** Length of the texts in UTF-16 units: what the memory bound counts before encoding. */
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
