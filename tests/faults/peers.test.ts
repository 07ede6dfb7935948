// Peers that read slowly or never, flood, send garbage, or connect and say nothing: they harm nobody, and the server's
// memory stays bounded.
import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { until } from '../support/until.ts';
import { type Client, createClient } from './harness/client.ts';
import { type Cluster, type ClusterNode, startCluster } from './harness/cluster.ts';
import { openConnection, TRANSPORTS } from './harness/connection.ts';
import { judge } from './harness/evidence.ts';
import { pause } from './harness/pause.ts';
import { makeChannel, makeUsers, type Talk, type User } from './harness/people.ts';
import { scaled } from './harness/scale.ts';

/** What the sockets of both sides hold in the kernel is not the service's: this is more, for each reader. */
const MESSAGES = 220;
const TEXT = 'x'.repeat(60_000);
const BUFFERED = 65_536;
const ENV = { MAX_BUFFERED_BYTES: String(BUFFERED), MAX_TEXT_LENGTH: '60000', SLOW_READER_TIMEOUT_MS: '15000' };

let cluster: Cluster;
let node: ClusterNode;

beforeAll(async () => {
  cluster = await startCluster({ size: 1, env: ENV });
  node = cluster.nodes[0] as ClusterNode;
});
afterAll(() => cluster.stop());

const memory = (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) << 10;

async function readersOf(count: number): Promise<{ talk: Talk; writer: Client; readers: Client[] }> {
  const users = await makeUsers(cluster.sql, count + 1);
  const talk = await makeChannel(cluster.sql, users);
  const [writer, ...readers] = users.map((user, index) => {
    const transport = TRANSPORTS[index % 2] as (typeof TRANSPORTS)[number];
    return createClient({ user, transport, reads: [talk], address: () => node.url });
  }) as [Client, ...Client[]];
  await Promise.all([writer, ...readers].map((client) => client.connection()));
  return { talk, writer, readers };
}

async function countConnections({ token }: User): Promise<number> {
  const answer = await fetch(`${node.url}/api/v1/ws/stats`, { headers: { authorization: `Bearer ${token}` } });
  return ((await answer.json()) as { data: { connections: number } }).data.connections;
}

async function say(writer: Client, talk: Talk, messages: number, name: string): Promise<void> {
  for (let n = 0; n < messages; n += 1) await writer.send(talk, TEXT, `${name}-${n}`);
}

describe('readers that stop reading', () => {
  it('and go on get everything on the same connection, and kept nobody waiting', async () => {
    const { talk, writer, readers } = await readersOf(4);
    const [slow, other] = readers.slice(0, 2) as [Client, Client];
    const paused = await Promise.all([slow, other].map((client) => client.connection()));
    for (const one of paused) one.pause();
    await say(writer, talk, MESSAGES, 'slow');
    await judge(cluster.sql, [writer, ...readers.slice(2)]);
    for (const one of paused) one.resume();
    expect(await judge(cluster.sql, [writer, ...readers])).toEqual([]);
    for (const client of [slow, other]) expect(client.connects()).toBe(1);
    await Promise.all([writer, ...readers].map((client) => client.stop()));
  }, 90_000);

  it('for good are closed, many of them, while memory stays bounded and others get theirs', async () => {
    const count = scaled(40);
    const { talk, writer, readers } = await readersOf(2);
    const stuck = await makeUsers(cluster.sql, count);
    const channelId = 'channelId' in talk ? talk.channelId : 0;
    await cluster.sql`insert into channel_members ("userId", "channelId")
      select id, ${channelId} from unnest(${stuck.map(({ id }) => id)}::int[]) as id`;
    const connections = await Promise.all(stuck.map((user) => openConnection('raw', node.url, user.token, () => {})));
    const codes = connections.map((one) => one.closed);
    for (const one of connections) {
      await one.call('channel.join', { channel_id: channelId });
      one.pause();
    }
    const before = memory(node.pid);
    await say(writer, talk, MESSAGES, 'stuck');
    // Each may have its bound unsent, and one message more that was being written; the rest is the process's own.
    expect(memory(node.pid) - before).toBeLessThan(count * 2 * (BUFFERED + TEXT.length) + (150 << 20));
    expect(await judge(cluster.sql, [writer, ...readers])).toEqual([]);
    await pause(17_000);
    for (const one of connections) one.resume();
    expect(new Set(await Promise.all(codes))).toEqual(new Set([4408]));
    await Promise.all([writer, ...readers].map((client) => client.stop()));
  }, 120_000);
});

describe('others are served as ever while', () => {
  /** Somebody talks and somebody listens; rejects where one of them notices anything. */
  async function undisturbed(mischief: () => Promise<void>): Promise<void> {
    const { talk, writer, readers } = await readersOf(2);
    let done = false;
    const talking = (async () => {
      for (let n = 0; !done; n += 1) await writer.send(talk, `${n}`, `undisturbed-${n}`);
    })();
    await mischief();
    done = true;
    await talking;
    expect(await judge(cluster.sql, [writer, ...readers])).toEqual([]);
    for (const client of [writer, ...readers]) {
      expect(client.connects()).toBe(1);
      await client.stop();
    }
  }

  const dial = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connectTcp(Number(new URL(node.url).port), '127.0.0.1', () => resolve(socket));
      socket.on('error', reject);
    });

  it('hundreds connect and never say who they are', async () => {
    await undisturbed(async () => {
      const open = () => new WebSocket(`${node.url.replace('http', 'ws')}/api/v1/ws`);
      const sockets = Array.from({ length: scaled(300) }, open);
      const codes = await Promise.all(
        sockets.map((socket) => new Promise((resolve) => socket.on('error', () => {}).once('close', resolve))),
      );
      expect(new Set(codes)).toEqual(new Set([4401]));
    });
  }, 60_000);

  it('hundreds send their requests a byte at a time', async () => {
    await undisturbed(async () => {
      const sockets = await Promise.all(Array.from({ length: scaled(200) }, dial));
      for (const byte of 'GET /health HTTP/1.1\r\nX: ') {
        for (const socket of sockets) socket.write(byte);
        await pause(50);
      }
      for (const socket of sockets) socket.destroy();
    });
  }, 60_000);

  it('some send garbage, before and after the upgrade', async () => {
    await undisturbed(async () => {
      const [user] = (await makeUsers(cluster.sql, 1)) as [User];
      const upgrade = `GET /api/v1/ws?token=${user.token} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
      const garbage = () => Buffer.from(Array.from({ length: 2_000 }, () => Math.floor(Math.random() * 256)));
      for (let n = 0; n < scaled(50); n += 1) {
        const socket = await dial();
        const closed = new Promise((resolve) => socket.on('error', resolve).once('close', resolve));
        socket.resume();
        if (n % 2 === 0) socket.write(upgrade);
        await pause(10);
        socket.write(garbage());
        socket.end();
        await closed;
      }
    });
  }, 60_000);

  it('the network of some ends without a word', async () => {
    await undisturbed(async () => {
      const users = await makeUsers(cluster.sql, scaled(100));
      const before = await countConnections(users[0] as User);
      const connections = await Promise.all(users.map(({ token }) => openConnection('raw', node.url, token, () => {})));
      expect(await countConnections(users[0] as User)).toBe(before + users.length);
      for (const one of connections) one.cut();
      await until('they are gone', async () => (await countConnections(users[0] as User)) === before);
    });
  }, 60_000);
});
