// Clients of Socket.IO's two transports that can send anything, and see the packets themselves.
import { WebSocket } from 'ws';

export interface Wire {
  readonly socket: WebSocket;
  /** Everything that arrived, as text. */
  readonly texts: string[];
  /** The close code of the WebSocket. 1006 if there was no closing handshake. */
  readonly closed: Promise<number>;
}

/** A WebSocket client that can send anything. */
export async function openWire(url: string, query = 'EIO=4&transport=websocket'): Promise<Wire> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?${query}`);
  const texts: string[] = [];
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  socket.on('message', (data) => texts.push(String(data)));
  await new Promise((resolve, reject) => socket.once('open', resolve).on('error', reject));
  return { socket, texts, closed };
}

export interface Polling {
  readonly sid: string;
  readonly address: string;
  poll(): Promise<string>;
  post(body: string): Promise<number>;
}

/** A polling client that can send anything. */
export async function openPolling(url: string, query = 'EIO=4&transport=polling'): Promise<Polling> {
  const base = `${url}/socket.io/?${query}`;
  const opened = await (await fetch(base)).text();
  const { sid } = JSON.parse(opened.slice(opened.indexOf('{'), opened.indexOf('}') + 1)) as { sid: string };
  const address = `${base}&sid=${sid}`;
  return {
    sid,
    address,
    poll: async () => (await fetch(address)).text(),
    post: async (body) => (await fetch(address, { method: 'POST', body })).status,
  };
}
