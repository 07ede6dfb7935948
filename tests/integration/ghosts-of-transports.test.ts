// Connections of every transport that end while the database is asked for them: no node counts them or listens for them.
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { cast, group, type Person } from '../conformance/service/kit/people.ts';
import { clusterTarget, withService } from '../support/service-under-test.ts';
import { openPolling, openWire } from '../support/socketio-wire.ts';
import { until } from '../support/until.ts';

const AT_ONCE = 10;

/** No more than are cut: what one of them kept of its place would be missing for the next. */
const service = withService(clusterTarget(), {
  MAX_CONNECTIONS_PER_USER: String(AT_ONCE),
  MAX_UNAUTHENTICATED_PER_ADDRESS: String(AT_ONCE),
});
const people = cast(service, 'ann', 'bob');

/** Ends a connection. */
type Cut = () => unknown;
/** Asks for something and waits for no answer. */
type Ask = (url: string, token: string, channelId: number) => Promise<Cut>;

const authenticate = (token: string) => ({ type: 'authenticate', data: { token } });
const join = (channelId: number) => ({ type: 'channel.join', data: { channel_id: channelId, since: 0 } });

function dialRaw(url: string, query = ''): WebSocket {
  // A cut before the upgrade is an error to the library.
  return new WebSocket(`${url.replace('http', 'ws')}/api/v1/ws${query}`).on('error', () => {});
}

async function openRaw(url: string, query = ''): Promise<WebSocket> {
  const socket = dialRaw(url, query);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}

const SIGN_INS: Record<string, Ask> = {
  async 'a raw handshake'(url, token) {
    const socket = dialRaw(url, `?token=${token}`);
    return () => socket.terminate();
  },
  async 'a raw frame'(url, token) {
    const socket = await openRaw(url);
    socket.send(JSON.stringify(authenticate(token)));
    return () => socket.terminate();
  },
  async 'a Socket.IO handshake'(url, token) {
    const { socket } = await openWire(url);
    socket.send(`40${JSON.stringify({ token })}`);
    return () => socket.terminate();
  },
  async 'a Socket.IO event'(url, token) {
    const { socket } = await openWire(url);
    socket.send('40');
    socket.send(`42${JSON.stringify(['authenticate', { token }])}`);
    return () => socket.terminate();
  },
  async 'a Socket.IO handshake by polling'(url, token) {
    const { post } = await openPolling(url);
    await post(`40${JSON.stringify({ token })}`);
    return () => post('1');
  },
};

const JOINS: Record<string, Ask> = {
  async 'a raw frame'(url, token, channelId) {
    const socket = await openRaw(url);
    for (const frame of [authenticate(token), join(channelId)]) socket.send(JSON.stringify(frame));
    return () => socket.terminate();
  },
  async 'a Socket.IO event'(url, token, channelId) {
    const { socket } = await openWire(url);
    socket.send(`40${JSON.stringify({ token })}`);
    socket.send(`42${JSON.stringify(['join_channel', { channel_id: channelId }])}`);
    return () => socket.terminate();
  },
  async 'a Socket.IO event by polling'(url, token, channelId) {
    const { post } = await openPolling(url);
    await post(`40${JSON.stringify({ token })}`);
    await post(`42${JSON.stringify(['join_channel', { channel_id: channelId }])}`);
    return () => post('1');
  },
};

/** Nobody can read the table until it is released. */
async function lock(table: string): Promise<() => Promise<unknown>> {
  const held = service.sql(`begin; lock table ${table} in access exclusive mode; select pg_sleep(60)`).catch(() => {});
  const holder = `from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`;
  await until('the table is locked', async () => (await service.sql(`select 1 ${holder}`)).length === 1);
  return async () => {
    await service.sql(`select pg_terminate_backend(pid) ${holder}`);
    await held;
  };
}

async function isWaitedFor(table: string): Promise<boolean> {
  const waiting = `select 1 from pg_locks where relation = '${table}'::regclass and not granted`;
  return (await service.sql(waiting)).length > 0;
}

async function cutWhileWaiting(table: string, ask: Ask, person: Person, channelId: number): Promise<void> {
  const release = await lock(table);
  const cuts = await Promise.all(
    Array.from({ length: AT_ONCE }, (_, at) => ask(service.url(at), person.token, channelId)),
  );
  await until('a node waits for the table', () => isWaitedFor(table));
  for (const cut of cuts) await cut();
  await release();
}

/** Topics of users and channels that some node listens to. */
async function topics(): Promise<string[]> {
  const redis = new Redis(service.redis?.url ?? '');
  const channels = (await redis.pubsub('CHANNELS')) as string[];
  redis.disconnect();
  return channels.filter((name) => /(^|:)[cu]:\d+$/.test(name));
}

async function expectNobody(channelId: number): Promise<void> {
  const { api } = people.bob;
  await until('nobody is connected', async () => {
    const { connectedUsers, connections } = (await api.get<Record<string, number>>('/ws/stats')).data;
    return connectedUsers === 0 && connections === 0;
  });
  expect((await api.get<{ users: number[] }>('/ws/users')).data.users).toEqual([]);
  const { data } = await people.ann.api.get<{ members: number[] }>(`/ws/channels/${channelId}/members`);
  expect(data.members).toEqual([]);
  await until('no node listens for them', async () => (await topics()).length === 0);
  for (const { url } of service.nodes) {
    await until('no node counts a connection', async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return /^chat_connections(\{[^}]*\})? 0$/m.test(metrics);
    });
  }
}

async function expectRoom(): Promise<void> {
  const opened = [];
  for (let at = 0; at < AT_ONCE; at += 1) {
    opened.push(openRaw(service.url(at), `?token=${people.ann.token}`), openRaw(service.url(at)));
  }
  for (const socket of await Promise.all(opened)) socket.terminate();
}

it('who is connected is counted, and listened for', async () => {
  const socket = dialRaw(service.url(0), `?token=${people.ann.token}`);
  await until('a node listens for the user', async () => (await topics()).length === 1);
  expect((await people.bob.api.get<Record<string, number>>('/ws/stats')).data.connectedUsers).toBe(1);
  socket.terminate();
});

describe('connections that are cut while the database is asked', () => {
  it.each(Object.keys(SIGN_INS))('who signs in, by %s', async (name) => {
    const channelId = await group(people.ann);
    await cutWhileWaiting('users', SIGN_INS[name] as Ask, people.ann, channelId);
    await expectNobody(channelId);
    await expectRoom();
  });

  it.each(Object.keys(JOINS))('whether they may join, by %s', async (name) => {
    const channelId = await group(people.ann);
    await cutWhileWaiting('channel_members', JOINS[name] as Ask, people.ann, channelId);
    await expectNobody(channelId);
    await expectRoom();
  });
});
