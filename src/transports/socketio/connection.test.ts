// What a client may send, in which order, what of it counts, and that nothing outlives the end of a connection.
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startSocketIoServer, type Told } from '../../../tests/support/socketio-server.ts';
import { openPolling, openWire } from '../../../tests/support/socketio-wire.ts';
import { until } from '../../../tests/support/until.ts';
import { CLOSE } from '../../protocol/close-codes.ts';
import { outgoing } from '../../realtime/connections/outgoing.ts';

const big = (bytes: number) => outgoing([`"${'x'.repeat(bytes)}"`]);
/** How often something counted like a frame. */
const counted = ({ received, garbage, signs }: Told) =>
  received.length + garbage.length + signs.filter((sign) => sign === 'alive').length;
const PING = 9;
const PONG = 10;
/** Masked with zeros. */
const controlFrame = (opcode: number) => Buffer.from([0x80 | opcode, 0x80, 0, 0, 0, 0]);

const isOver = (session: Told | undefined) => session?.signs.includes('closed') ?? false;

function twice(act: () => void): void {
  act();
  act();
}

describe('a client connects once, and only to /', () => {
  test('and gets an answer', async () => {
    const { url, sessions } = await startSocketIoServer();
    const { socket, texts } = await openWire(url);
    socket.send('40');
    await until('it is connected', () => texts.includes('40{"sid":"x"}'));
    expect(sessions).toHaveLength(1);
  });

  test.each([
    ['a second time', ['40', '40']],
    ['a second time, elsewhere', ['40', '40/admin,']],
    ['elsewhere', ['40/admin,']],
    ['elsewhere with a token', ['40/admin,{"token":"t"}']],
    ['with what is no object', ['40[]']],
    ['with no JSON', ['40{']],
    ['after an event', ['42["message",{"type":"ping"}]', '40']],
    ['after an acknowledgement', ['431[]', '40']],
    ['after binary', [Buffer.from('x'), '40']],
    ['after a disconnect', ['41', '40']],
    ['and then speaks elsewhere', ['40', '42/admin,["message",{}]']],
  ])('%s: it ends', async (_how, packets) => {
    const { url, sessions } = await startSocketIoServer();
    const { socket, closed } = await openWire(url);
    for (const packet of [...packets, ...Array.from({ length: 100 }, () => '40/x,')]) socket.send(packet);
    await closed;
    await until('the session knows', () => isOver(sessions[0]));
    expect(sessions).toHaveLength(1);
    expect(sessions[0]?.received).toEqual([]);
  });

  test('the reason is sent once, however often the client asks', async () => {
    const { url } = await startSocketIoServer();
    const { socket, texts, closed } = await openWire(url);
    for (let n = 0; n < 1_000; n += 1) socket.send('40/admin,');
    await closed;
    expect(texts.slice(1)).toEqual(['44/admin,{"message":"Invalid namespace"}']);
  });

  test('a client of version 2 is connected without asking', async () => {
    const { url, sessions } = await startSocketIoServer();
    const { socket, texts, closed } = await openWire(url, 'EIO=3&transport=websocket&token=t');
    await until('it is connected', () => texts.includes('40'));
    expect(sessions[0]?.received.map(({ frame }) => frame)).toEqual([{ type: 'authenticate', data: { token: 't' } }]);
    socket.send('40');
    await closed;
  });

  test('thousands of packets in one body are worked on up to the first that ends it', async () => {
    const { url, sessions } = await startSocketIoServer();
    const { post } = await openPolling(url);
    await post(Array.from({ length: 20_000 }, () => '40').join('\u001e'));
    await until('it is over', () => isOver(sessions[0]));
    expect(sessions).toHaveLength(1);
    expect(sessions[0]?.signs.filter((sign) => sign === 'alive')).toHaveLength(1);
  });
});

describe('everything counts like a frame', () => {
  test.each<
    [string, string[], number, (send: (packet: string | Buffer) => void, raw: (bytes: Buffer) => void) => void]
  >([
    ['the connect', ['40'], 1, () => {}],
    ['the connect with a token', ['40{"token":"t"}'], 1, () => {}],
    ['heartbeats', ['40', '3', '3'], 3, () => {}],
    ['packets of the library', ['40', '6', '5', '30'], 4, () => {}],
    ['garbage', ['40', '42[', '43[]', '44{}', '4'], 5, () => {}],
    ['attachments that never come', ['40', '459-["x"]', '459-["x"]'], 3, () => {}],
    ['attachments', ['40', '452-["x"]'], 4, (send) => twice(() => send(Buffer.from('x')))],
    ['binary that nobody announced', ['40'], 2, (send) => send(Buffer.from('x'))],
    ['pings of WebSocket', ['40'], 3, (_send, raw) => twice(() => raw(controlFrame(PING)))],
    ['pongs of WebSocket', ['40'], 3, (_send, raw) => twice(() => raw(controlFrame(PONG)))],
  ])('%s', async (_what, packets, count, more) => {
    const { url, sessions } = await startSocketIoServer();
    const { socket } = await openWire(url);
    for (const packet of packets) socket.send(packet);
    more(
      (packet) => socket.send(packet),
      (bytes) => (socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(bytes),
    );
    await until('all was counted', () => counted(sessions[0] as Told) >= count);
    expect(counted(sessions[0] as Told)).toBe(count);
  });

  test('pings of version 2', async () => {
    const { url, sessions } = await startSocketIoServer();
    const { socket, texts } = await openWire(url, 'EIO=3&transport=websocket');
    socket.send('2');
    socket.send('2');
    await until('they are answered', () => texts.filter((text) => text === '3').length === 2);
    expect(counted(sessions[0] as Told)).toBe(3);
  });

  test('what a client says while it goes over to a WebSocket, where it may not say much', async () => {
    const { url, sessions } = await startSocketIoServer();
    const { sid } = await openPolling(url);
    const probe = await openWire(url, `EIO=4&transport=websocket&sid=${sid}`);
    for (let n = 0; n < 50; n += 1) probe.socket.send('2probe');
    await probe.closed;
    expect(probe.texts).toHaveLength(2);
    expect(counted(sessions[0] as Told)).toBeGreaterThan(2);
    expect(sessions[0]?.signs).not.toContain('closed');
  });
});

describe('unsent bytes count, whoever wrote them', () => {
  test('answers of the library', async () => {
    const { url, sessions } = await startSocketIoServer();
    const { post } = await openPolling(url, 'EIO=3&transport=polling');
    const pings = 1_000;
    await post('1:2'.repeat(pings));
    const { transport } = sessions[0] as Told;
    expect(transport.bufferedBytes()).toBeGreaterThanOrEqual(pings);
  });

  test('an answer to a poll that is not read', async () => {
    const { url, sessions } = await startSocketIoServer();
    const { address, post } = await openPolling(url);
    await post('40');
    const { transport, signs } = sessions[0] as Told;
    transport.write([big(20_000_000)]);
    const peer = connect(Number(new URL(url).port), '127.0.0.1');
    peer.write(`GET ${address.slice(url.length)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    peer.pause();
    await until('the library let go of it', () => transport.progress() > 0 && transport.bufferedBytes() > 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(transport.bufferedBytes()).toBeGreaterThan(10_000_000);
    expect(signs).not.toContain('drained');
    peer.resume();
    await until('all has gone', () => signs.includes('drained'));
    expect(transport.bufferedBytes()).toBe(0);
    peer.destroy();
  });

  test('it counts until the connection of a broken answer ends', async () => {
    const { url, sessions } = await startSocketIoServer();
    const { address, post } = await openPolling(url);
    await post('40');
    const { transport } = sessions[0] as Told;
    transport.write([big(20_000_000)]);
    const peer = connect(Number(new URL(url).port), '127.0.0.1');
    peer.write(`GET ${address.slice(url.length)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    peer.pause();
    await until('it is under way', () => transport.progress() > 0);
    peer.destroy();
    await until('it counts no more', () => transport.bufferedBytes() === 0);
  });
});

describe('an end is an end', () => {
  test('a client that stops polling is gone within seconds', async () => {
    const { url, sessions } = await startSocketIoServer();
    const { post, address } = await openPolling(url);
    await post('40');
    const { transport, signs } = sessions[0] as Told;
    transport.write([big(10)]);
    transport.close(CLOSE.UNAUTHENTICATED, '');
    await until('it is gone', () => transport.isClosed() && signs.includes('closed'), 5_000);
    expect((await fetch(address)).status).toBe(400);
  });

  test('a client that polled nothing at all too', async () => {
    const { url, sessions } = await startSocketIoServer();
    await openPolling(url);
    const { transport } = sessions[0] as Told;
    transport.close(CLOSE.UNAUTHENTICATED, '');
    await until('it is gone', () => transport.isClosed(), 5_000);
  });

  test('a client that goes on talking is not answered while it is waited for', async () => {
    const { url, sessions } = await startSocketIoServer();
    const { post } = await openPolling(url, 'EIO=3&transport=polling');
    const { transport } = sessions[0] as Told;
    transport.write([big(10)]);
    transport.close(CLOSE.FLOOD, '');
    const before = transport.bufferedBytes();
    await post('1:2'.repeat(1_000));
    expect(transport.bufferedBytes()).toBe(before);
  });

  test('a WebSocket that does not answer its close', async () => {
    const { url, sessions } = await startSocketIoServer();
    const { socket, closed } = await openWire(url);
    socket.pause();
    const { transport } = sessions[0] as Told;
    transport.close(CLOSE.UNAUTHENTICATED, '');
    await until('it is gone', () => transport.isClosed(), 5_000);
    socket.resume();
    await closed;
  });

  test('at a drain TCP ends behind the last frame, without a closing handshake that some would wait in', async () => {
    const { url, sessions } = await startSocketIoServer();
    const { socket, texts, closed } = await openWire(url);
    socket.send('40');
    await until('it is connected', () => texts.includes('40{"sid":"x"}'));
    const { transport, signs } = sessions[0] as Told;
    transport.write([outgoing(['{"type":"connection.closing"}'])]);
    transport.close(CLOSE.DRAIN, '');
    expect(await closed).toBe(1006);
    expect(texts.at(-1)).toBe('42["message",{"type":"connection.closing"}]');
    await until('the session knows', () => transport.isClosed() && signs.includes('closed'));
  });

  test.each(['waits for packets', 'comes back for them'])('and that of a client that %s', async (when) => {
    const { url, sessions } = await startSocketIoServer();
    const { post, poll, address } = await openPolling(url);
    await post('40');
    await poll();
    const { transport } = sessions[0] as Told;
    let text = '';
    const peer = connect(Number(new URL(url).port), '127.0.0.1');
    const ended = new Promise<number>((resolve) => peer.once('end', () => resolve(performance.now())));
    peer.on('data', (data) => (text += data));
    const ask = () => peer.write(`GET ${address.slice(url.length)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    if (when === 'waits for packets') {
      ask();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const began = performance.now();
    transport.write([outgoing(['{"type":"connection.closing"}'])]);
    transport.close(CLOSE.DRAIN, '');
    if (when !== 'waits for packets') ask();
    // Sooner than an idle connection is closed.
    expect((await ended) - began).toBeLessThan(2_000);
    expect(text).toContain('42["message",{"type":"connection.closing"}]');
    await until('it is gone', () => transport.isClosed(), 5_000);
  });
});

describe('a failure for one connection', () => {
  const fail = () => {
    throw new Error('secret of a peer');
  };

  test.each(['websocket', 'polling'])('ends only that one, and is logged without quotes: %s', async (transport) => {
    const { url, sessions, errors } = await startSocketIoServer({ receive: fail });
    const other = await openWire(url);
    other.socket.send('40');
    const event = '42["message",{"type":"ping"}]';
    if (transport === 'websocket') {
      const { socket, closed } = await openWire(url);
      socket.send('40');
      socket.send(event);
      await closed;
    } else {
      const { post } = await openPolling(url);
      await post(`40\u001e${event}`);
    }
    await until('the session knows', () => isOver(sessions[1]));
    expect(errors).toHaveLength(1);
    expect(JSON.stringify(errors)).not.toContain('secret');
    expect(errors[0]).toMatchObject({ error: 'Error', at: expect.arrayContaining([expect.stringContaining('fail')]) });
    other.socket.send('3');
    await until('the other goes on', () => counted(sessions[0] as Told) === 2);
  });
});
