// The two protocols that a load can speak: what is sent, and what in an answer is looked at.

export interface Dialect {
  path(token: string): string;
  /** Sent once the connection is open, each followed by an answer. */
  hello(token: string): string[];
  join(channelId: number): string;
  message(channelId: number, text: string, id: string): string;
  isReady(text: string): boolean;
  isJoined(text: string): boolean;
  isAck(text: string): boolean;
  isDelivery(text: string): boolean;
  /** What has to be answered with the result; undefined for all else. */
  pong(text: string): string | undefined;
}

const DELIVERY = '"type":"channel.message"';

export const raw: Dialect = {
  path: (token) => `/api/v1/ws?token=${token}`,
  hello: () => [],
  join: (channelId) => JSON.stringify({ type: 'channel.join', data: { channel_id: channelId }, id: 'join' }),
  message: (channelId, text, id) =>
    JSON.stringify({ type: 'channel.message', data: { channel_id: channelId, text }, id }),
  isReady: (text) => text.includes('"type":"connection.connect"'),
  isJoined: (text) => text.includes('"id":"join"'),
  isAck: (text) => text.includes('"type":"ack"'),
  isDelivery: (text) => text.includes(DELIVERY),
  pong: () => undefined,
};

export const socketIo: Dialect = {
  path: () => '/socket.io/?EIO=4&transport=websocket',
  hello: (token) => [`40${JSON.stringify({ token })}`],
  join: (channelId) => `42${JSON.stringify(['join_channel', { channel_id: channelId }])}`,
  message: (channelId, text) =>
    `42${JSON.stringify(['message', { type: 'channel.message', data: { channel_id: channelId, text } }])}`,
  isReady: (text) => text.startsWith('40'),
  isJoined: (text) => text.startsWith('42["joined_channel"'),
  isAck: () => false,
  isDelivery: (text) => text.startsWith('42["message"') && text.includes(DELIVERY),
  pong: (text) => (text === '2' ? '3' : undefined),
};
