// Socket.IO packets as text: `<type>[<attachments>-][<namespace>,][<acknowledgement id>][<JSON>]`.

/** The packet types that this service uses. It uses no attachments and asks for no acknowledgements. */
export const PACKET = { CONNECT: 0, DISCONNECT: 1, EVENT: 2, ACK: 3, CONNECT_ERROR: 4 } as const;

const SYNTAX = /^([0-6])(?:(\d{1,2})-)?(?:(\/[^,]*)(?:,|$))?(\d{1,15})?(.*)$/s;

/** The parts of a packet's text. `json` is '' if there is none. */
export interface PacketText {
  readonly type: number;
  /** Binary messages that follow this packet. */
  readonly attachments: number;
  readonly namespace: string;
  /** The number under which the client wants an acknowledgement. */
  readonly ackId: number | undefined;
  readonly json: string;
}

/** Returns undefined if the text is not a packet. */
export function readPacket(text: string): PacketText | undefined {
  const match = SYNTAX.exec(text);
  if (!match) return undefined;
  const [, type, attachments, namespace = '/', ackId, json = ''] = match;
  return {
    type: Number(type),
    attachments: Number(attachments ?? 0),
    namespace,
    ackId: ackId === undefined ? undefined : Number(ackId),
    json,
  };
}

/** An event of the root namespace. `json` is the JSON text of its data. `name` must not need escaping. */
export function eventPacket(name: string, json: string): string {
  return `${PACKET.EVENT}["${name}",${json}]`;
}

/** The acknowledgement `id` of the root namespace. `json` is the JSON text of what the callback gets. */
export function ackPacket(id: number, json: string): string {
  return `${PACKET.ACK}${id}[${json}]`;
}
