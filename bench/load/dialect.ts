// The two protocols that a load can speak: what it sends, and which parts of an answer it reads.

export interface Dialect {
  path(token: string): string;
  /** Sent once the connection is open, each followed by an answer. */
  hello(token: string): string[];
  join(channelId: number): string;
  /** `number` comes back with the acknowledgement, if there is one. */
  message(channelId: number, text: string, number: number): string;
  /** The log's number of a delivered message. 0 if the frame is something else. Called for each frame. */
  seqOf(bytes: Buffer, start: number, end: number): number;
  isReady(text: string): boolean;
  isJoined(text: string): boolean;
  isError(text: string): boolean;
  /** The number of the acknowledged message. Undefined for all else. */
  ackOf(text: string): number | undefined;
  /** Text that must be answered with the result. Undefined for all else. */
  pong(text: string): string | undefined;
}

export const raw: Dialect = {
  path: (token) => `/api/v1/ws?token=${token}`,
  hello: () => [],
  join: (channelId) => JSON.stringify({ type: 'channel.join', data: { channel_id: channelId }, id: 'join' }),
  message: (channelId, text, number) =>
    JSON.stringify({ type: 'channel.message', data: { channel_id: channelId, text }, id: `m${number}` }),
  seqOf: (bytes, start, end) => lastNumber(bytes, start, end - 1),
  isReady: (text) => text.includes('"type":"connection.connect"'),
  isJoined: (text) => text.includes('"id":"join"') && !text.includes('"type":"error"'),
  isError: (text) => text.includes('"type":"error"'),
  ackOf: (text) => {
    const [, number] = (text.includes('"type":"ack"') && /"id":"m(\d+)"/.exec(text)) || [];
    return number === undefined ? undefined : Number(number);
  },
  pong: () => undefined,
};

export const socketIo: Dialect = {
  path: () => '/socket.io/?EIO=4&transport=websocket',
  hello: (token) => [`40${JSON.stringify({ token })}`],
  join: (channelId) => `42${JSON.stringify(['join_channel', { channel_id: channelId }])}`,
  message: (channelId, text) =>
    `42${JSON.stringify(['message', { type: 'channel.message', data: { channel_id: channelId, text } }])}`,
  seqOf: (bytes, start, end) => lastNumber(bytes, start, end - 2),
  isReady: (text) => text.startsWith('40'),
  isJoined: (text) => text.startsWith('42["joined_channel"'),
  isError: (text) => text.startsWith('42["error"'),
  ackOf: () => undefined,
  pong: (text) => (text === '2' ? '3' : undefined),
};

const BEFORE_NUMBER = Buffer.from('"seq":');
const CLOSING_BRACE = 0x7d;
const DIGIT = { zero: 0x30, nine: 0x39 };

/**
 * The number in `…,"seq":123}`, with the brace at `brace`. 0 if the frame ends otherwise, as all do except those about
 * messages. Reads from the end and makes no string, because this is done a hundred thousand times a second.
 */
function lastNumber(bytes: Buffer, start: number, brace: number): number {
  if (bytes[brace] !== CLOSING_BRACE) return 0;
  let value = 0;
  let at = brace - 1;
  for (let weight = 1; at > start; at--, weight *= 10) {
    const digit = bytes[at] as number;
    if (digit < DIGIT.zero || digit > DIGIT.nine) break;
    value += weight * (digit - DIGIT.zero);
  }
  const from = at + 1 - BEFORE_NUMBER.length;
  for (let index = 0; index < BEFORE_NUMBER.length; index++) {
    if (bytes[from + index] !== BEFORE_NUMBER[index]) return 0;
  }
  return value;
}
