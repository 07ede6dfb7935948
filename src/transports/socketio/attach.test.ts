// Socket.IO connections over real sockets and with the official clients, with a hub that does nothing by itself.
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { openSocketIo, type SocketIoClientOptions } from '../../../tests/support/socketio-client.ts';
import { ORIGIN, startSocketIoServer, type Told } from '../../../tests/support/socketio-server.ts';
import { openPolling, openWire } from '../../../tests/support/socketio-wire.ts';
import { until } from '../../../tests/support/until.ts';
import { CLOSE } from '../../protocol/close-codes.ts';
import { type Outgoing, outgoing } from '../../realtime/connections/outgoing.ts';
import type { Answer } from '../../realtime/connections/transport.ts';

async function connected(options: SocketIoClientOptions = {}, sharedFrames = true) {
  const { url, sessions } = await startSocketIoServer({ sharedFrames });
  const client = await openSocketIo(url, options);
  await until('the session is open', () => sessions.length === 1);
  return { client, session: sessions[0] as Told };
}

/** Answers a frame as the session would. */
function answer({ transport, received }: Told, index: number, given: Answer): void {
  const out = received[index]?.encode(given);
  if (out) transport.write([out]);
}

const numbered = (n: number): Outgoing => outgoing([JSON.stringify({ type: 'n', data: { n } })]);
const UNREADABLE: Answer = { ok: false, type: undefined, error: { code: 'INVALID_FRAME', message: 'no' } };

const CLIENTS: Array<[string, SocketIoClientOptions]> = [
  ['version 4, WebSocket', { transports: ['websocket'] }],
  ['version 4, polling', { transports: ['polling'] }],
  ['version 4, polling then WebSocket', { transports: ['polling', 'websocket'] }],
  ['version 2, WebSocket', { version: 2, transports: ['websocket'] }],
  ['version 2, polling', { version: 2, transports: ['polling'] }],
  ['version 2, polling then WebSocket', { version: 2, transports: ['polling', 'websocket'] }],
];

describe.each(CLIENTS)('%s', (_name, options) => {
  test('events come in as frames, answers and frames go out as events', async () => {
    const { client, session } = await connected(options);
    client.emit('message', { type: 'ping', id: 'p' });
    const called = client.call('join_channel', { channel_id: 1 });
    await until('both came', () => session.received.length === 2);
    expect(session.received.map(({ frame }) => frame)).toEqual([
      { type: 'ping', id: 'p' },
      { type: 'channel.join', data: { channel_id: 1 } },
    ]);
    answer(session, 0, { ok: true, type: 'ping', data: {} });
    expect(await client.nextFrame('pong')).toMatchObject({ id: 'p' });
    answer(session, 1, { ok: true, type: 'channel.join', data: { channel_id: 1, last_seq: 4 } });
    expect(await called).toEqual({ ok: true, data: { channel_id: 1, last_seq: 4 } });
    session.transport.write([outgoing(['{"type":"a","data":"ç€😀\\u2028"}', '{"type":"b"}'])]);
    expect(await client.nextFrame('a')).toMatchObject({ data: 'ç€😀\u2028' });
    await client.nextFrame('b');
  });

  test.each([true, false])(
    'what is written at any moment arrives once and in order; shared frames: %s',
    async (sharedFrames) => {
      const { client, session } = await connected(options, sharedFrames);
      const total = 3000;
      for (let n = 0; n < total; ) {
        // One, two or three in a batch; polling and upgrades happen in between.
        const batch = Array.from({ length: 1 + (n % 3) }, (_, i) => numbered(n + i));
        session.transport.write(batch);
        n += batch.length;
        if (n % 50 < 3) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await client.next('message', ({ data }) => (data?.n as number) >= total - 1);
      const numbers = client.events.map(({ data }) => data.data?.n);
      expect(numbers).toEqual(numbers.map((_, i) => i));
      const { transport } = client.socket.io.engine;
      expect(transport.name).toBe(options.transports?.at(-1));
      await until('all has gone', () => session.transport.bufferedBytes() === 0);
    },
  );

  test('a disconnect comes after what was written', async () => {
    const { client, session } = await connected(options);
    session.transport.write([numbered(1), numbered(2)]);
    session.transport.close(CLOSE.DISCONNECTED, 'by an admin');
    session.transport.write([numbered(3)]);
    expect(await client.disconnected).toBe('io server disconnect');
    expect(client.events.map(({ data }) => data.data?.n)).toEqual([1, 2]);
    await until('the session knows', () => session.signs.includes('closed'));
    await until('the transport is gone', () => session.transport.isClosed());
  });

  test('a client that leaves is gone at once', async () => {
    const { client, session } = await connected(options);
    await client.close();
    await until('the session knows', () => session.signs.includes('closed'));
    await until('the transport is gone', () => session.transport.isClosed());
    expect(session.signs.filter((sign) => sign === 'closed')).toHaveLength(1);
  });

  test('a connection can be cut', async () => {
    const { client, session } = await connected(options);
    session.transport.terminate();
    expect(await client.disconnected).toMatch(/^transport (close|error)$/);
    await until('the session knows', () => session.signs.includes('closed'));
    expect(session.transport.isClosed()).toBe(true);
    session.transport.write([numbered(1)]);
    session.transport.close(CLOSE.DRAIN, '');
    session.transport.terminate();
  });

  test('a client that should reconnect is not told to stay away', async () => {
    const { client, session } = await connected(options);
    session.transport.write([numbered(1)]);
    session.transport.close(CLOSE.DRAIN, 'the node drains');
    expect(await client.disconnected).toBe('transport close');
    expect(client.events).toHaveLength(1);
    await until('the session knows', () => session.signs.includes('closed'));
  });
});

describe('tokens of the handshake are like those of authenticate', () => {
  test.each<[string, SocketIoClientOptions]>([
    ['auth', { auth: { token: 't' } }],
    ['the query', { query: { token: 't' } }],
    ['the query of version 2', { version: 2, query: { token: 't' } }],
  ])('in %s', async (_where, options) => {
    const { client, session } = await connected(options);
    client.emit('join_channel', { channel_id: 1 });
    await until('both came', () => session.received.length === 2);
    expect(session.received[0]?.frame).toEqual({ type: 'authenticate', data: { token: 't' } });
    answer(session, 0, { ok: true, type: 'authenticate', data: { user_id: 7 } });
    await client.nextFrame('connection.connect');
    expect(client.events.map(({ name }) => name)).toEqual(['authenticated', 'message']);
  });

  test('an empty one is none', async () => {
    const { client, session } = await connected({ auth: { token: '' } });
    client.emit('message', {});
    await until('it came', () => session.received.length === 1);
    expect(session.received[0]?.frame).toEqual({});
  });
});

async function wired(options: { maxFrameBytes?: number } = {}) {
  const { url, sessions } = await startSocketIoServer(options);
  const wire = await openWire(url);
  wire.socket.send('40');
  await until('the session is open', () => sessions.length === 1);
  return { ...wire, session: sessions[0] as Told };
}

describe('bad input', () => {
  test('is answered, and the connection goes on', async () => {
    const { socket, texts, session } = await wired();
    for (const data of ['42{', '42["message"', '42[7]', '43["x"]', Buffer.from('binary'), '423["message",']) {
      socket.send(data);
    }
    socket.send('42["message",{"type":"ping"}]');
    await until('the good one came', () => session.received.length === 1);
    expect(session.garbage).toHaveLength(6);
    session.transport.write(session.garbage.map((encode) => encode(UNREADABLE) as Outgoing));
    const error = '{"code":"INVALID_FRAME","message":"no"}';
    await until('all are answered', () => texts.includes(`433[{"ok":false,"error":${error}}]`));
    expect(texts.filter((text) => text === `42["error",${error}]`)).toHaveLength(5);
  });

  test('too large a frame ends the connection', async () => {
    const { socket, closed, session } = await wired({ maxFrameBytes: 1000 });
    socket.send(`42["message",${JSON.stringify({ type: 'x'.repeat(2000) })}]`);
    expect(await closed).toBe(CLOSE.TOO_LARGE);
    await until('the session knows', () => session.signs.includes('closed'));
    expect(session.received).toEqual([]);
  });
});

test('heartbeats are signs of life', async () => {
  const { socket, session } = await wired();
  socket.send('3');
  await until('it is noticed', () => session.signs.includes('alive'));
});

describe('origins', () => {
  const path = '/socket.io/?EIO=4&transport=polling';
  const status = async (url: string, headers: Record<string, string>) => (await fetch(url + path, { headers })).status;

  test('polling', async () => {
    const { url } = await startSocketIoServer();
    expect(await status(url, { origin: 'https://evil.example' })).toBe(403);
    expect(await status(url, {})).toBe(200);
    const answer = await fetch(url + path, { headers: { origin: ORIGIN } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
  });

  test('WebSocket', async () => {
    const { url } = await startSocketIoServer();
    const address = `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
    const refused = new WebSocket(address, { origin: 'https://evil.example' });
    const refusal = await new Promise<number | undefined>((resolve) => {
      refused.once('unexpected-response', (_request, response) => resolve(response.statusCode)).on('error', () => {});
    });
    expect(refusal).toBe(403);
    const client = await openSocketIo(url, { transports: ['websocket'], extraHeaders: { origin: ORIGIN } });
    expect(client.socket.connected).toBe(true);
  });
});

test('a refused upgrade is closed, whatever its peer does', async () => {
  const { url } = await startSocketIoServer();
  const peer = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
  const lines = ['Host: x', 'Origin: https://evil.example', 'Connection: Upgrade', 'Upgrade: websocket', '', ''];
  peer.write(`GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${lines.join('\r\n')}`);
  await new Promise((resolve) => peer.resume().once('end', resolve));
  const cut = new Promise((resolve) => peer.once('error', resolve));
  peer.write('x');
  setTimeout(() => peer.write('x'), 50);
  await cut;
});

test('frames are encoded once for all connections', async () => {
  const { url, sessions } = await startSocketIoServer();
  const clients = await Promise.all([1, 2, 3].map(() => openSocketIo(url, { transports: ['websocket'] })));
  const frames = numbered(1);
  sessions[0]?.transport.write([frames]);
  const { packetBytes } = frames;
  for (const { transport } of sessions.slice(1)) transport.write([frames]);
  await Promise.all(clients.map((client) => client.nextFrame('n')));
  expect(packetBytes).toBeDefined();
  expect(frames.packetBytes).toBe(packetBytes);
  expect(frames.raw).toBeUndefined();
});

describe('slow readers', () => {
  test('WebSocket: progress while it reads, drained when all has gone', async () => {
    const { socket, session } = await wired();
    const { transport, signs } = session;
    socket.pause();
    while (transport.bufferedBytes() < 4_000_000) transport.write([outgoing([`"${'y'.repeat(1_000_000)}"`])]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const stalled = transport.progress();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(transport.progress()).toBe(stalled);
    expect(signs).not.toContain('drained');
    socket.resume();
    await until('it reads', () => transport.progress() !== stalled);
    await until('all has gone', () => signs.includes('drained'));
    expect(transport.bufferedBytes()).toBe(0);
    expect(signs.filter((sign) => sign === 'drained')).toHaveLength(1);
  });

  test('polling: what waits for the next request is buffered', async () => {
    const { url, sessions } = await startSocketIoServer();
    const { post, poll } = await openPolling(url);
    await post('40');
    await poll();
    const { transport, signs } = sessions[0] as Told;
    const before = transport.progress();
    transport.write([numbered(1), numbered(2)]);
    expect(transport.bufferedBytes()).toBeGreaterThan(0);
    expect(transport.progress()).toBe(before);
    const polled = (await poll()).split('\u001e');
    expect(polled.map((packet) => JSON.parse(packet.slice(2))[1].data.n)).toEqual([1, 2]);
    await until('it is told', () => signs.includes('drained'));
    expect(transport.bufferedBytes()).toBe(0);
    expect(transport.progress()).not.toBe(before);
  });
});

test('the end of the service ends all connections, also half-open ones', async () => {
  const { url, sessions, socketIo } = await startSocketIoServer();
  const clients = await Promise.all(CLIENTS.map(([, options]) => openSocketIo(url, options)));
  const silentPeer = await openWire(url);
  await socketIo.close();
  for (const client of clients) expect(await client.disconnected).toBe('transport close');
  await silentPeer.closed;
  await until('all sessions know', () => sessions.every(({ signs }) => signs.includes('closed')));
});
