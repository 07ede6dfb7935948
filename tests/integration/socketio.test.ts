// Socket.IO connections of the official clients on a real hub: signing in, order, and what happens when a client is slow
// or the node goes away.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { createMemoryBroker } from '../../src/backends/broker/memory.ts';
import type { Principal } from '../../src/chat/accounts/principal.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { rows } from '../../src/database/database.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { attachSocketIo } from '../../src/transports/socketio/attach.ts';
import { createHubNode, type HubNode } from '../support/hub-node.ts';
import { createDatabase } from '../support/postgres.ts';
import { freePort } from '../support/server-process.ts';
import { openSocketIo, type SocketIoClient, type SocketIoClientOptions } from '../support/socketio-client.ts';
import { until } from '../support/until.ts';

const ANN = 1;
const BOB = 2;
const FAILED = { code: 'AUTHENTICATION_FAILED', message: 'Authentication failed' };

let handle: DatabaseHandle;
let drop: () => Promise<void>;
const users = new Map<number, Principal>();

beforeAll(async () => {
  const database = await createDatabase(inject('postgresUrl'));
  drop = database.drop;
  handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 8, ssl: false });
  await runMigrations(handle, 'migrations');
  for (const [id, username] of [
    [ANN, 'ann'],
    [BOB, 'bob'],
  ] as const) {
    const email = `${username}@example.com`;
    users.set(id, { id, username, email, avatar: null, createdAt: '', isAdmin: false });
    await rows(
      handle.db,
      sql`insert into users (username, email, password) values (${username}::text, ${email}::text, 'none')`,
    );
  }
});
afterAll(async () => {
  await handle.close();
  await drop();
});

/** A group of both users. */
async function group(): Promise<number> {
  const [row] = await rows<{ id: number }>(
    handle.db,
    sql`insert into channels (name, "ownerId") values ('channel', ${ANN}::int) returning id`,
  );
  const id = row?.id as number;
  await rows(handle.db, sql`insert into channel_members ("userId", "channelId") select u.id, ${id}::int from users u`);
  return id;
}

interface Node extends HubNode {
  readonly url: string;
  stop(): Promise<void>;
}

/** A node that speaks Socket.IO alone; a token is the user's id. */
async function startNode(limits = {}, port = 0): Promise<Node> {
  const broker = createMemoryBroker();
  const node = createHubNode({ nodeId: 'node', db: handle.db, broker, users, limits });
  await node.hub.start();
  const { hub, logger } = node;
  const socketIo = attachSocketIo({
    hub,
    corsOrigins: '*',
    isAllowedOrigin: () => true,
    maxFrameBytes: 65_536,
    logger,
    addressOf: () => '192.0.2.1',
    sharedFrames: true,
  });
  const server = createServer(socketIo.handleRequest).on('upgrade', socketIo.handleUpgrade);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    ...node,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      await hub.drain();
      await socketIo.close();
      server.closeAllConnections();
      await closed;
      hub.close();
    },
  };
}

let node: Node;
const clients: SocketIoClient[] = [];
beforeEach(async () => {
  node = await startNode();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.disconnect();
  await node.stop();
});

async function open(options: SocketIoClientOptions = {}): Promise<SocketIoClient> {
  const client = await openSocketIo(node.url, options);
  clients.push(client);
  return client;
}

/** A client of this user, signed in by the handshake. */
async function signedIn(userId: number, options: SocketIoClientOptions = {}): Promise<SocketIoClient> {
  const token = `${userId}`;
  const client = await open(options.version === 2 ? { ...options, query: { token } } : { ...options, auth: { token } });
  await client.nextFrame('connection.connect');
  return client;
}

const say = (channel_id: number, text: string) => ({ type: 'channel.message', data: { channel_id, text } });
const seqsOf = (client: SocketIoClient) => client.events.flatMap(({ data }) => (data.seq as number | undefined) ?? []);

const CLIENTS: Array<[string, SocketIoClientOptions]> = [
  ['version 4, WebSocket', { transports: ['websocket'] }],
  ['version 4, polling', { transports: ['polling'] }],
  ['version 4, polling then WebSocket', {}],
  ['version 2, WebSocket', { version: 2, transports: ['websocket'] }],
  ['version 2, polling', { version: 2, transports: ['polling'] }],
  ['version 2, polling then WebSocket', { version: 2 }],
];

describe.each(CLIENTS)('%s', (_name, options) => {
  test('what a client emits while its token is being checked waits, in order', async () => {
    const id = await group();
    const auth = options.version === 2 ? { query: { token: `${ANN}` } } : { auth: { token: `${ANN}` } };
    const client = await open({ ...options, ...auth });
    client.emit('message', { type: 'ping' });
    client.emit('join_channel', { channel_id: id });
    await client.next('joined_channel');
    const names = client.events.map(({ name, data }) => data.type ?? name);
    expect(names).toEqual(['authenticated', 'connection.connect', 'pong', 'joined_channel']);
    const [userId, connected] = client.events.map(({ data }) => data);
    expect(userId).toEqual({ userId: ANN });
    expect(connected).toMatchObject({ data: { user_id: ANN, username: 'ann', status: 'connected' } });
  });

  test('a bad token: the reason, then the end', async () => {
    const client = await open(options);
    client.emit('authenticate', { token: 'nobody' });
    expect(await client.next('error')).toEqual(FAILED);
    expect(await client.disconnected).toBe('io server disconnect');
  });

  test('a catch-up of thousands comes after joined_channel, once and in order', async () => {
    const id = await group();
    const writer = await signedIn(BOB, { transports: ['websocket'] });
    const total = 3000;
    for (let stored = 0; stored < total; stored += 500) {
      const texts = Array.from({ length: 500 }, (_, i) => `${stored + i} ${'x'.repeat(200)}`);
      await Promise.all(texts.map((text) => writer.call('message', say(id, text))));
    }
    const reader = await signedIn(ANN, options);
    reader.emit('join_channel', { channel_id: id, since: 0 });
    writer.emit('message', say(id, 'live'));
    await reader.next('message', ({ seq }) => seq === total + 1);
    expect(reader.events[2]).toMatchObject({ name: 'joined_channel', data: { channel_id: id } });
    expect(seqsOf(reader)).toEqual(Array.from({ length: total + 1 }, (_, i) => i + 1));
  });
});

describe('signing in again', () => {
  test('with a fresh token goes on, with a bad one too, with another user’s is refused', async () => {
    const client = await signedIn(ANN);
    expect(await client.call('authenticate', { token: `${ANN}` })).toMatchObject({ ok: true, data: { user_id: ANN } });
    expect(await client.call('authenticate', { token: 'nobody' })).toEqual({ ok: false, error: FAILED });
    client.emit('authenticate', { token: 'nobody' });
    expect(await client.next('error')).toEqual(FAILED);
    expect(await client.call('authenticate', { token: `${BOB}` })).toMatchObject({ error: { code: 'FORBIDDEN' } });
    expect(await client.call('message', { type: 'ping' })).toMatchObject({ ok: true });
  });

  test('as a frame is answered as a frame, and a bad one ends the connection as well', async () => {
    const good = await open();
    good.emit('message', { type: 'authenticate', id: 'a', data: { token: `${ANN}` } });
    expect(await good.nextFrame('connection.connect')).toMatchObject({ id: 'a', data: { user_id: ANN } });
    expect(good.events).toHaveLength(1);
    const bad = await open();
    bad.emit('message', { type: 'authenticate', id: 'a', data: { token: 'nobody' } });
    expect(await bad.next('error')).toEqual({ ...FAILED, id: 'a' });
    expect(await bad.disconnected).toBe('io server disconnect');
  });
});

test('a client that never says who it is is disconnected after 10 s, also one that opens nothing', async () => {
  const client = await open();
  const halfOpen = await fetch(`${node.url}/socket.io/?EIO=4&transport=polling`);
  const { sid } = JSON.parse((await halfOpen.text()).slice(1)) as { sid: string };
  const ended = await fetch(`${node.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`);
  expect(await ended.text()).toBe('1');
  expect(await client.disconnected).toBe('io server disconnect');
});

test('a polling reader that does not poll for a while misses nothing', async () => {
  await node.stop();
  node = await startNode({ maxBufferedBytes: 20_000 });
  const id = await group();
  const writer = await signedIn(BOB, { transports: ['websocket'] });
  const address = `${node.url}/socket.io/?EIO=4&transport=polling`;
  const { sid } = JSON.parse((await (await fetch(address)).text()).slice(1)) as { sid: string };
  const post = (body: string) => fetch(`${address}&sid=${sid}`, { method: 'POST', body });
  const poll = async () => (await (await fetch(`${address}&sid=${sid}`)).text()).split('\u001e');

  await post(`40{"token":"${ANN}"}`);
  await post(`42["join_channel",{"channel_id":${id}}]`);
  const packets: string[] = [];
  while (!packets.some((packet) => packet.startsWith('42["joined_channel"'))) packets.push(...(await poll()));
  for (let i = 1; i <= 200; i += 1) await writer.call('message', say(id, `${i} ${'x'.repeat(500)}`));
  const seqs = () =>
    packets.flatMap((packet) => (/^42\["message",.*"seq":(\d+)}\]$/s.exec(packet)?.[1] ?? []) as string);
  let longest = 0;
  while (seqs().length < 200) {
    const polled = await poll();
    longest = Math.max(longest, polled.join('').length);
    packets.push(...polled);
  }
  expect(seqs().map(Number)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
  expect(longest).toBeLessThan(200_000);
});

test('clients of a node that goes away are told, come back by themselves and go on with since', async () => {
  await node.stop();
  const port = await freePort();
  node = await startNode({}, port);
  const id = await group();
  const auth = { token: `${ANN}` };
  const client = await openSocketIo(node.url, { auth, reconnection: true });
  clients.push(client);
  await client.nextFrame('connection.connect');
  await client.call('join_channel', { channel_id: id });
  await node.stop();
  expect(await client.nextFrame('connection.closing')).toMatchObject({ data: { reason: 'shutdown' } });
  node = await startNode({}, port);
  await client.nextFrame('connection.connect');
  const writer = await signedIn(BOB);
  await writer.call('message', say(id, 'after the restart'));
  await client.call('join_channel', { channel_id: id, since: 0 });
  expect(await client.nextFrame('channel.message')).toMatchObject({ data: { text: 'after the restart' } });
});

test('a socket that the client closes leaves its channels at once', async () => {
  const id = await group();
  const [ann, bob] = await Promise.all([signedIn(ANN), signedIn(BOB)]);
  await bob.call('join_channel', { channel_id: id });
  await ann.call('join_channel', { channel_id: id });
  expect(await bob.nextFrame('channel.join')).toMatchObject({ data: { user_id: ANN, action: 'join' } });
  await ann.close();
  expect(await bob.nextFrame('channel.leave')).toMatchObject({ data: { user_id: ANN, action: 'leave' } });
  await until('the connection is gone', () => node.hub.connections() === 1);
});
