import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { numberOf, writeToSocket } from './socket-write.ts';

interface Pair {
  readonly server: Socket;
  readonly client: Socket;
}

let listener: Server;

beforeEach(async () => {
  listener = createServer({ allowHalfOpen: true }).listen(0);
  await once(listener, 'listening');
});

afterEach(() => {
  listener.close();
});

async function pair(): Promise<Pair> {
  const accepted = once(listener, 'connection') as Promise<[Socket]>;
  const client = connect({ port: (listener.address() as AddressInfo).port, allowHalfOpen: true });
  const [server] = await accepted;
  return { server, client };
}

test('bytes arrive in order, those that the kernel takes at once and those that wait', async () => {
  const { server, client } = await pair();
  const number = numberOf(server);
  const sent: Buffer[] = [];
  const write = (size: number) => {
    const bytes = randomBytes(size);
    sent.push(bytes);
    writeToSocket(server, number, bytes);
  };
  // The peer does not read, so that some wait, with small ones behind them.
  for (let size = 1; server.writableLength < 1 << 20; size *= 2) write(size);
  for (let size = 1; size < 50; size += 1) write(size);
  const received = buffer(client);
  server.end();
  expect((await received).equals(Buffer.concat(sent))).toBe(true);
  client.end();
});

test('what is written to a closed socket reaches no other connection', async () => {
  const closed = await pair();
  const number = numberOf(closed.server);
  closed.server.destroy().on('error', () => {});
  closed.client.destroy();
  await once(closed.client, 'close');
  // The system gives the lowest free number, so that one of the next sockets has the closed one's.
  const others: Socket[] = [];
  while (!others.map(numberOf).includes(number)) {
    const { server, client } = await pair();
    others.push(server, client);
  }
  writeToSocket(closed.server, number, Buffer.from('not for you'));
  const received = others.map((socket) => text(socket));
  for (const socket of others) socket.end('bye');
  expect(await Promise.all(received)).toEqual(others.map(() => 'bye'));
});

test('the stream is told of a peer that is gone', async () => {
  const { server, client } = await pair();
  const failed = once(server, 'error');
  client.resetAndDestroy();
  await once(client, 'close');
  // The reset may not have come yet; then the next write meets it.
  while (!server.destroyed) {
    writeToSocket(server, numberOf(server), Buffer.from('hello?'));
    await new Promise(setImmediate);
  }
  expect((await failed)[0]).toMatchObject({ code: expect.stringMatching(/EPIPE|ECONNRESET/) });
});
