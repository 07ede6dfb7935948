// Peers that flood, send garbage, dawdle, vanish, or connect and say nothing, all at the same time: each is dealt with,
// and others are served as ever.
import { connect as connectTcp, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { startProxy } from '../support/proxy.ts';
import { until } from '../support/until.ts';
import { type Cluster, type ClusterNode, startCluster } from './harness/cluster.ts';
import { type Connection, openConnection, TRANSPORTS, type TransportName } from './harness/connection.ts';
import { gather } from './harness/crowd.ts';
import { judge } from './harness/evidence.ts';
import { type Figures, figures } from './harness/figures.ts';
import { startLoad } from './harness/load.ts';
import { pause } from './harness/pause.ts';
import { makeChannel, makeUsers, type User } from './harness/people.ts';
import { createRandom } from './harness/random.ts';
import { sized, TIME_LIMIT_MS } from './harness/scale.ts';
import { connectSilently } from './harness/silent.ts';
import { fastTime } from './harness/wrong-time.ts';

/** In a quick run the node's clock is fast, so that its patience with the silent ends sooner. */
const SPEED = sized(5, 1);
/** Socket.IO's own pings come by timers, too seldom for a fast clock. */
const WITNESSES = sized<readonly TransportName[]>(['raw'], TRANSPORTS);
const FRAMES_PER_SECOND = 50;

let cluster: Cluster;
let node: ClusterNode;

beforeAll(async () => {
  const env = { WS_RATE_LIMIT_PER_SECOND: String(FRAMES_PER_SECOND), ...fastTime(SPEED) };
  cluster = await startCluster({ size: 1, env });
  node = cluster.nodes[0] as ClusterNode;
});
afterAll(() => cluster.stop());

/** Somebody talks and somebody listens; gives what went wrong for them, and how much they said. */
async function disturbance(mischief: () => Promise<void>): Promise<{ wrong: string[]; messages: number }> {
  const address = () => () => node.url;
  const crowd = await gather(cluster, { senders: 1, readers: 2, transports: WITNESSES, address, patienceMs: 30_000 });
  const load = startLoad({ senders: crowd.senders, talks: crowd.talks, everyMs: 1_500 / FRAMES_PER_SECOND });
  await mischief();
  await load.stop();
  const breaches = await judge(cluster.sql, crowd.all);
  const wrong = [
    ...breaches.map(({ kind, what }) => `${kind}: ${what}`),
    ...crowd.all.filter((client) => client.connects() > 1).map(({ user }) => `${user.username} lost its connection`),
  ];
  await crowd.stop();
  return { wrong, messages: load.sent() };
}

function itUndisturbed(what: string, mischief: () => Promise<Figures>): void {
  it(
    what,
    async (test) => {
      const { wrong, messages } = await disturbance(async () => figures(test, await mischief()));
      figures(test, { 'messages meanwhile': messages, 'others disturbed': wrong.length });
      test.expect(wrong).toEqual([]);
      test.expect(messages).toBeGreaterThan(0);
    },
    TIME_LIMIT_MS,
  );
}

const dial = (): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connectTcp(Number(new URL(node.url).port), '127.0.0.1', () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      resolve(socket);
    });
    socket.once('error', reject);
    socket.resume();
  });

const ended = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

/** Writes a byte of it every now and then until the server has closed all of them. */
async function dawdle(sockets: readonly Socket[], byte: string): Promise<void> {
  while (sockets.some(({ destroyed }) => !destroyed)) {
    for (const socket of sockets) if (socket.writable) socket.write(byte);
    await pause(500);
  }
}

const upgrade = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n` +
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

async function liveUsers({ token }: User): Promise<Set<number>> {
  const answer = await fetch(`${node.url}/api/v1/ws/users`, { headers: { authorization: `Bearer ${token}` } });
  return new Set(((await answer.json()) as { data: { users: number[] } }).data.users);
}

/** Resolves when none of them is live any more. */
function gone(users: readonly User[], patienceMs: number): Promise<void> {
  return until(
    'they are gone',
    async () => {
      await pause(200);
      const live = await liveUsers(users[0] as User);
      return !users.some(({ id }) => live.has(id));
    },
    patienceMs,
  );
}

async function connectAll(users: readonly User[], url: string): Promise<Connection[]> {
  return Promise.all(
    users.map(({ token }, index) =>
      openConnection(TRANSPORTS[index % 2] as TransportName, url, token, () => {}, 20_000),
    ),
  );
}

describe.concurrent('at the same time, others are served as ever while', () => {
  itUndisturbed('many send the head of a request a byte at a time', async () => {
    const sockets = await Promise.all(Array.from({ length: sized(200, 2_000) }, dial));
    for (const socket of sockets) socket.write('GET /health HTTP/1.1\r\nX: ');
    await dawdle(sockets, 'x');
    return { connections: sockets.length };
  });

  if (SPEED === 1) {
    itUndisturbed('many send the body of a request a byte at a time', async () => {
      const sockets = await Promise.all(Array.from({ length: 500 }, dial));
      const head =
        'POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n';
      for (const socket of sockets) socket.write(head);
      await dawdle(sockets, ' ');
      return { connections: sockets.length };
    });
  }

  itUndisturbed('some send a frame that never ends', async () => {
    const users = await makeUsers(cluster.sql, sized(20, 100));
    const sockets = await Promise.all(users.map(() => dial()));
    // A text frame of 60,000 bytes with a mask of zeros.
    const begin = Buffer.from([0x81, 0xfe, 0xea, 0x60, 0, 0, 0, 0]);
    const upgraded = sockets.map(async (socket, index) => {
      const answered = new Promise((resolve) => socket.once('data', resolve));
      socket.write(upgrade(`/api/v1/ws?token=${(users[index] as User).token}`));
      await answered;
      socket.write(begin);
    });
    await Promise.all(upgraded);
    const began = performance.now();
    await dawdle(sockets, ' ');
    return { connections: sockets.length, 'gone after seconds': Math.round((performance.now() - began) / 1_000) };
  });

  itUndisturbed('the network of some swallows everything from now on', async () => {
    const users = await makeUsers(cluster.sql, sized(20, 100));
    const { channelId } = await makeChannel(cluster.sql, users);
    const network = await startProxy({ host: '127.0.0.1', port: Number(new URL(node.url).port) });
    const connections = await connectAll(users, `http://127.0.0.1:${network.port}`);
    for (const one of connections) await one.call('channel.join', { channel_id: channelId }, 30_000);
    network.freeze();
    const began = performance.now();
    await gone(users, 150_000);
    const seconds = Math.round((performance.now() - began) / 1_000);
    await network.stop();
    return { connections: users.length, 'gone after seconds': seconds };
  });
});

describe('others are served as ever while', () => {
  itUndisturbed('very many connect and never say who they are', async () => {
    const silent = await connectSilently(node.url, sized(300, 5_000));
    const codes = await silent.codes;
    if (codes.some((code) => code !== 4401 && code !== undefined))
      throw new Error(`Closed with ${[...new Set(codes)]}`);
    return { connections: codes.length, 'open at once': silent.atOnce() };
  });

  itUndisturbed('some send garbage, before and after the upgrade', async () => {
    const [user] = (await makeUsers(cluster.sql, 1)) as [User];
    const before = ['', upgrade(`/api/v1/ws?token=${user.token}`), upgrade('/socket.io/?EIO=4&transport=websocket')];
    const random = createRandom(sized(1, 2));
    const count = sized(60, 600);
    const garbage = () => Buffer.from(Array.from({ length: 2_000 }, () => Math.floor(random.upTo(256))));
    async function send(n: number): Promise<void> {
      const socket = await dial();
      socket.write(before[n % before.length] as string);
      await pause(10);
      const closed = ended(socket);
      socket.write(garbage());
      socket.end();
      await closed;
    }
    for (let n = 0; n < count; n += 10) await Promise.all(Array.from({ length: 10 }, (_, lane) => send(n + lane)));
    return { connections: count };
  });

  itUndisturbed('some flood', async () => {
    const users = await makeUsers(cluster.sql, sized(6, 60));
    const connections = await connectAll(users, node.url);
    const flood = async (one: Connection) => {
      let open = true;
      void one.closed.then(() => (open = false));
      while (open) {
        for (let m = 0; m < 50; m += 1) one.call('ping', {}).catch(() => {});
        await pause(5);
      }
      return one.closed;
    };
    const codes = new Set(await Promise.all(connections.map(flood)));
    if ([...codes].some((code) => code !== 4429 && code !== undefined)) throw new Error(`Closed with ${[...codes]}`);
    return { floods: users.length };
  });

  itUndisturbed('some end without a word', async () => {
    const users = await makeUsers(cluster.sql, sized(50, 500));
    const connections = await connectAll(users, node.url);
    for (const one of connections) one.cut();
    await gone(users, 60_000);
    return { connections: users.length };
  });
});
