// Raw WebSocket connections over real sockets, with a hub that does nothing by itself.
import { describe, expect, test } from 'vitest';
import { exchange } from '../../../tests/support/exchange.ts';
import { type Opened, ORIGIN, startWebSocketServer } from '../../../tests/support/websocket-server.ts';
import { openWs, refusedWs } from '../../../tests/support/ws-client.ts';
import { outgoing } from '../../realtime/connections/outgoing.ts';
import type { Incoming } from '../../realtime/connections/transport.ts';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** Resolves when the number has stayed the same for many turns of the event loop. */
async function unchanging(read: () => number): Promise<void> {
  let last = read();
  for (let turns = 0; turns < 200; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (read() !== last) turns = 0;
    last = read();
  }
}

const frame = (text: string) => outgoing([JSON.stringify({ id: '', type: text, data: {} })]);

describe.each([true, false])('frames made once for all connections: %s;', (sharedFrames) => {
  test('frames go out in order, whatever the batches', async () => {
    const { url, opened } = await startWebSocketServer({ sharedFrames });
    const client = await openWs(url);
    const { transport } = opened[0] as Opened;
    const shared = outgoing(['{"type":"b"}', '{"type":"ç€😀"}']);
    transport.write([frame('a')]);
    transport.write([shared, frame('c')]);
    transport.write([shared, frame('x'.repeat(100_000)), frame('d')]);
    await client.next('d');
    const types = client.frames.map(({ type }) => type.slice(0, 9));
    expect(types).toEqual(['a', 'b', 'ç€😀', 'c', 'b', 'ç€😀', 'xxxxxxxxx', 'd']);
    const { raw } = shared;
    expect(raw !== undefined).toBe(sharedFrames);
    transport.write([shared]);
    expect(shared.raw).toBe(raw);
  });

  test('a peer that reads slowly: progress while it reads, drained when all has gone', async () => {
    const { url, opened } = await startWebSocketServer({ sharedFrames });
    const client = await openWs(url);
    const { transport, events } = opened[0] as Opened;
    client.socket.pause();
    while (transport.bufferedBytes() < 4_000_000) transport.write([frame('y'.repeat(1_000_000))]);
    await unchanging(() => transport.progress());
    const full = transport.progress();
    expect(events).toEqual([]);

    client.socket.resume();
    await until(() => transport.progress() !== full);
    await until(() => events.includes('drained'));
    expect(transport.bufferedBytes()).toBe(0);
    expect(events).toEqual(['drained']);
  });

  test('a little that waits is reported as well', async () => {
    const { url, opened } = await startWebSocketServer({ sharedFrames });
    const client = await openWs(url);
    const { transport, events } = opened[0] as Opened;
    client.socket.pause();
    // Fills the kernel's buffers, then stops with less waiting than the socket itself would mention.
    while (transport.bufferedBytes() === 0) transport.write([frame('z'.repeat(1000))]);
    client.socket.resume();
    await until(() => events.includes('drained'));
    expect(transport.bufferedBytes()).toBe(0);
  });

  test('the close goes after what was written, and nothing after it', async () => {
    const { url, opened } = await startWebSocketServer({ sharedFrames });
    const client = await openWs(url);
    const { transport, events, received } = opened[0] as Opened;
    transport.write([frame('last')]);
    transport.close(4403, 'enough');
    transport.write([frame('late')]);
    transport.ping();
    client.send({ type: 'ping' });
    expect(await client.closed).toEqual({ code: 4403, reason: 'enough' });
    expect(client.frames.map(({ type }) => type)).toEqual(['last']);
    await until(() => transport.isClosed());
    expect(events).toEqual(['closed']);
    expect(received).toEqual([]);
    transport.write([frame('later')]);
    transport.close(1000, '');
    transport.terminate();
  });
});

test('frames come in as objects, and text that is not JSON as garbage', async () => {
  const { url, opened } = await startWebSocketServer();
  const client = await openWs(url);
  const session = opened[0] as Opened;
  client.send({ type: 'ping', id: 'p1' });
  client.send('[1]');
  client.send('{"type"');
  client.send('null');
  await until(() => session.received.length === 3 && session.garbage.length === 1);
  expect(session.received.map(({ frame }) => frame)).toEqual([{ type: 'ping', id: 'p1' }, [1], null]);
  const [first, second] = session.received as [Incoming, Incoming];
  expect(first.encode({ ok: true, type: 'ping', data: {} })?.texts).toEqual([
    '{"id":"p1","type":"pong","data":{},"timestamp":7}',
  ]);
  const error = { code: 'INVALID_FRAME', message: 'no' } as const;
  for (const encode of [second.encode, session.garbage[0] as Incoming['encode']]) {
    const [text = ''] = encode({ ok: false, type: undefined, error })?.texts ?? [];
    expect(JSON.parse(text)).toMatchObject({ type: 'error', data: error });
  }
});

test('signs of life', async () => {
  const { url, opened } = await startWebSocketServer();
  const client = await openWs(url);
  const { transport, events } = opened[0] as Opened;
  transport.ping();
  await until(() => events.length === 1);
  client.socket.ping();
  await until(() => events.length === 2);
  expect(events).toEqual(['alive', 'alive']);
});

test.each([
  ['a binary message', (socket: { send(data: Buffer): void }) => socket.send(Buffer.from('{}')), 1003],
  ['a message that is too large', (socket: { send(data: string): void }) => socket.send('x'.repeat(1025)), 1009],
])('%s closes the connection', async (_name, act, code) => {
  const { url, opened } = await startWebSocketServer();
  const client = await openWs(url);
  act(client.socket as never);
  expect((await client.closed).code).toBe(code);
  expect((opened[0] as Opened).received).toEqual([]);
});

test('a message of exactly the limit is fine', async () => {
  const { url, opened } = await startWebSocketServer();
  const client = await openWs(url);
  client.send(JSON.stringify('x'.repeat(1022)));
  await until(() => opened[0]?.received.length === 1);
});

test('text that is not UTF-8 closes the connection', async () => {
  const { url } = await startWebSocketServer();
  const client = await openWs(url);
  client.socket.send(Buffer.from([0x22, 0xc3, 0x28, 0x22]), { binary: false });
  expect((await client.closed).code).toBe(1007);
});

test('four ways to bring a token, or none', async () => {
  const { url, opened } = await startWebSocketServer();
  await openWs(url, { token: 'good1' });
  await openWs(`${url}?token=good2`);
  const { socket } = await openWs(url, { protocols: ['chat.v1', 'bearer.good3'] });
  expect(socket.protocol).toBe('chat.v1');
  await openWs(url);
  await openWs(`${url}?token=good5`, { token: 'good5', origin: ORIGIN });
  expect(opened.map(({ identity }) => identity?.user.username)).toEqual([
    'good1',
    'good2',
    'good3',
    undefined,
    'good5',
  ]);
});

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';

function handshake(...headers: string[]): string {
  const lines = ['Host: x', 'Connection: Upgrade', 'Upgrade: websocket', ...headers];
  return `GET /api/v1/ws HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

test('the token is never selected as a subprotocol', async () => {
  const { port, opened } = await startWebSocketServer();
  const offer = handshake('Sec-WebSocket-Version: 13', KEY, 'Sec-WebSocket-Protocol: bearer.good');
  const answer = await exchange(port, offer, (text) => text.endsWith('\r\n\r\n'));
  expect(answer).toMatch(/^HTTP\/1.1 101 /);
  expect(answer.toLowerCase()).not.toContain('sec-websocket-protocol');
  expect(opened[0]?.identity).not.toBeNull();
});

test.each([
  ['a bad token', '', { token: 'bad' }, 401, 'UNAUTHORIZED'],
  ['an empty token', '?token=', {}, 401, 'UNAUTHORIZED'],
  ['two different tokens', '?token=good1', { token: 'good2' }, 401, 'UNAUTHORIZED'],
  ['a good token beside a bad one', '?token=bad', { token: 'good' }, 401, 'UNAUTHORIZED'],
  ['a foreign origin', '', { token: 'good', origin: 'https://evil.example' }, 403, 'FORBIDDEN'],
  ['the database away', '', { token: 'unavailable' }, 503, 'UNAVAILABLE'],
  ['a fault of ours', '', { token: 'broken' }, 500, 'INTERNAL'],
])('%s is refused before the upgrade', async (_name, query, options, status, code) => {
  const { url, opened } = await startWebSocketServer();
  const refusal = await refusedWs(`${url}${query}`, options);
  expect(refusal.status).toBe(status);
  expect(refusal.body).toMatchObject({ success: false, code, requestId: refusal.headers['x-request-id'] });
  expect(JSON.stringify(refusal.body)).not.toContain('internals');
  expect(opened).toEqual([]);
});

test('a service that stops accepts no new connection', async () => {
  const { url } = await startWebSocketServer({ stopping: true });
  expect((await refusedWs(url)).status).toBe(503);
});

test('other upgrades are plain requests, with their bodies', async () => {
  const { port } = await startWebSocketServer();
  const offer = 'Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
  const ended = (text: string) => /(first|second).?$/s.test(text);
  expect(await exchange(port, `GET /first HTTP/1.1\r\n${offer}\r\n`, (text) => text.includes('/first'))).toContain(
    '200 OK',
  );
  const body = `POST /api HTTP/1.1\r\n${offer}Content-Length: 6\r\n\r\nsecond`;
  expect(await exchange(port, body, ended)).toMatch(/POST \/api second/);
  const refusal = await exchange(
    port,
    'GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    (text) => text.includes('/nowhere'),
  );
  expect(refusal).toContain('GET /nowhere');
  expect(await exchange(port, `GET /socket.io/?x HTTP/1.1\r\n${offer}\r\n`, (text) => text.endsWith('ing'))).toContain(
    'polling',
  );
});

test('Socket.IO gets the upgrades of its path', async () => {
  const { port } = await startWebSocketServer();
  const request = 'GET /socket.io/?EIO=4 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  expect(await exchange(port, request)).toContain('418 socket.io');
});

test.each([
  ['no HTTP', 'hello\r\n\r\n', 400, 'VALIDATION_FAILED'],
  ['headers without end', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`, 413, 'PAYLOAD_TOO_LARGE'],
  ['no Host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'VALIDATION_FAILED'],
  ['an unknown version of WebSocket', handshake('Sec-WebSocket-Version: 7', KEY), 400, 'VALIDATION_FAILED'],
  ['no key of WebSocket', handshake('Sec-WebSocket-Version: 13'), 400, 'VALIDATION_FAILED'],
  ['a bad Host', 'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', 400, 'VALIDATION_FAILED'],
])('%s is answered in the shape of all failures', async (_name, bytes, status, code) => {
  const { port } = await startWebSocketServer();
  const [head = '', body = ''] = (await exchange(port, bytes)).split('\r\n\r\n');
  expect(head).toContain(`HTTP/1.1 ${status} `);
  const failure = JSON.parse(body) as { requestId: string };
  expect(failure).toMatchObject({ success: false, code });
  expect(head.toLowerCase()).toContain(`x-request-id: ${failure.requestId}`);
});
