// Requests of one connection to a real server: their order, how many run at once, and how many may wait.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { inTurn } from './in-turn.ts';

const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const { close } of open.splice(0)) close();
});

/** A server that the test answers for, its requests so far, and its address. */
async function serve() {
  const asked: { url: string; answer(): void }[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse) =>
    asked.push({ url: request.url ?? '', answer: () => response.end(request.url) });
  const server = createServer(inTurn(listener, (_socket, work) => work()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({ close: () => server.close().closeAllConnections() });
  return { asked, port: (server.address() as AddressInfo).port };
}

function dial(port: number): Socket {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  open.push({ close: () => socket.destroy() });
  return socket;
}

const requests = (count: number) =>
  Array.from({ length: count }, (_, n) => `GET /${n} HTTP/1.1\r\nHost: a\r\n\r\n`).join('');

describe('requests of one connection', () => {
  it('are worked on one after the other, and answered in their order', async () => {
    const { asked, port } = await serve();
    const socket = dial(port);
    let got = '';
    socket.on('data', (text) => (got += text)).write(requests(5));
    for (let n = 0; n < 5; n++) {
      await expect.poll(() => asked.length).toBe(n + 1);
      asked[n]?.answer();
    }
    await expect.poll(() => got.match(/\/\d$|\/\d(?=HTTP)/g)).toEqual(['/0', '/1', '/2', '/3', '/4']);
    expect(asked.map(({ url }) => url)).toEqual(['/0', '/1', '/2', '/3', '/4']);
  });

  it('wait for nobody else', async () => {
    const { asked, port } = await serve();
    dial(port).write(requests(3));
    await expect.poll(() => asked.length).toBe(1);
    dial(port).write(requests(1));
    await expect.poll(() => asked.length).toBe(2);
  });

  it('end it if 65 wait, but not if 64 do', async () => {
    const { asked, port } = await serve();
    const ended = (socket: Socket) => new Promise((resolve) => socket.once('error', () => {}).once('close', resolve));
    const patient = dial(port);
    patient.write(requests(65));
    const hasty = dial(port);
    hasty.write(requests(66));
    await ended(hasty);
    expect(patient.destroyed).toBe(false);
    expect(asked).toHaveLength(2);
  });
});
