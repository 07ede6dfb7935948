// Connections that never authenticate.
import { io } from 'socket.io-client';
import WebSocket from 'ws';

export interface Silent {
  /** The close code of each. Undefined if the transport has no codes. */
  readonly codes: Promise<Array<number | undefined>>;
  /** The most that were open at the same time so far. */
  readonly atOnce: () => number;
}

/** How many are opened at the same time. */
const LANES = 50;

/** Opens this many connections, one in ten of them over Socket.IO. Resolves when all have been open. */
export async function connectSilently(url: string, count: number): Promise<Silent> {
  const closings: Array<Promise<number | undefined>> = [];
  let open = 0;
  let most = 0;
  let next = 0;

  function opened(closed: Promise<number | undefined>): void {
    open += 1;
    most = Math.max(most, open);
    closings.push(closed.finally(() => (open -= 1)));
  }

  async function lane(): Promise<void> {
    while (next < count) {
      next += 1;
      await (next % 10 === 0 ? openSocketIo : openRaw)(url, opened);
    }
  }

  await Promise.all(Array.from({ length: LANES }, lane));
  return { codes: Promise.all(closings), atOnce: () => most };
}

type Open = (url: string, opened: (closed: Promise<number | undefined>) => void) => Promise<void>;

const openRaw: Open = async (url, opened) => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/ws`);
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.on('error', reject);
  });
  opened(closed);
};

const openSocketIo: Open = async (url, opened) => {
  const socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true });
  const closed = new Promise<undefined>((resolve) => socket.once('disconnect', () => resolve(undefined)));
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  opened(closed);
};
