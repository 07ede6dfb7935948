// What only the proxy can get wrong: sessions that poll find their node, nodes come and go, addresses are true.
import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { createRequire } from 'node:module';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { afterEach, describe, expect, test } from 'vitest';
import { connect, type ServerFrame } from '../../support/contract-clients.ts';
import type { ServiceProcess } from '../../support/node-process.ts';
import { type ProxyTarget, withProxiedService } from '../../support/service-behind-proxy.ts';
import { until } from '../../support/until.ts';
import { type EventClient, watch } from './kit/event-client.ts';
import { cast, group, type Person, say } from './kit/people.ts';
import { expectFailure, history, rest, send, sendPast } from './kit/rest.ts';
import { logFrames, reaches } from './kit/talks.ts';

type Connect = (url: string, options: Partial<ManagerOptions & SocketOptions>) => Socket;
/** The client of version 2, which speaks Engine.IO 3; it has no types. */
const io2 = createRequire(import.meta.url)('socket.io-client-v2') as Connect;

/** Enough that no node is met by chance each time. */
const CLIENTS = 6;
/** Enough that the proxy has connections to every node, and a request for each of them. */
const REQUESTS = 30;

const KINDS: [string, Connect, string[]][] = [
  ['polling alone', io, ['polling']],
  ['polling that upgrades', io, ['polling', 'websocket']],
  ['WebSocket alone', io, ['websocket']],
  ['version 2, polling alone', io2, ['polling']],
  ['version 2, polling that upgrades', io2, ['polling', 'websocket']],
  ['version 2, WebSocket alone', io2, ['websocket']],
];

/** Nodes that go are gone at the end: the outages come last. */
export function proxySuite(target: ProxyTarget): void {
  describe('the proxy', () => {
    const service = withProxiedService(target);
    const people = cast(service, 'ann', 'bob');
    const open: Socket[] = [];
    afterEach(() => {
      for (const socket of open.splice(0)) socket.disconnect();
    });

    /** Clients that come from one address and keep no cookies, live in a channel. */
    async function joinedClients(channelId: number, create: Connect, options: Partial<ManagerOptions>) {
      const clients = Array.from({ length: CLIENTS }, () => {
        const socket = create(service.url(0), { forceNew: true, reconnection: false, ...options });
        open.push(socket);
        return watch(socket);
      });
      await Promise.all(clients.map((client) => client.ask('authenticate', { token: people.ann.token })));
      await Promise.all(clients.map((client) => client.ask('join_channel', { channel_id: channelId })));
      return clients;
    }

    async function expectTold(clients: readonly EventClient[], ...texts: string[]): Promise<void> {
      for (const client of clients) {
        for (const text of texts) {
          expect(await client.next<ServerFrame>('message', ({ seq }) => seq !== undefined)).toMatchObject({
            data: { text },
          });
        }
      }
    }

    /** Starts a node. Resolves when the proxy leads clients to it. */
    async function addNode(): Promise<void> {
      const added = await service.addNode();
      await until('the new node has connections', async () => {
        await connect('raw', service.url(0), people.bob);
        return (await connections(added)) > 0;
      });
    }

    test.each(KINDS)('leads Socket.IO clients to their nodes: %s', async (_, create, transports) => {
      const id = await group(people.ann, people.bob);
      const clients = await joinedClients(id, create, { transports });
      for (const text of ['one', 'two', 'three']) await say(people.bob, id, text);
      await expectTold(clients, 'one', 'two', 'three');
      const spread = await Promise.all(service.nodes.map(connections));
      expect(spread.filter((count) => count > 0).length, `${spread}`).toBeGreaterThan(1);
      // What an upgrade began with polling is no longer.
      if (transports.length === 2) for (const { socket } of clients) expect(transportOf(socket)).toBe('websocket');
    });

    test('tells nobody outside the figures', async () => {
      for (const path of ['/metrics', '/metrics/', '//metrics', '/%6Detrics', '/metrics?x', '/Metrics/..%2fmetrics']) {
        const reply = await sendPast(`${service.url(0)}${path}`);
        expect(reply.status, path).toBe(404);
        expect(reply.text, path).not.toContain('chat_');
      }
      expectFailure(await sendPast(`${service.url(0)}/metrics`), 404, 'NOT_FOUND');
    });

    test('leads new connections to a node that joins, and loses no request while one leaves', async () => {
      const id = await group(people.ann, people.bob);
      const clients = await joinedClients(id, io, { transports: ['polling'] });
      const [leaving] = service.nodes as [ServiceProcess];
      await addNode();
      const url = service.url(0);
      const writing = writeUntil(leaving.exited, people.bob, id);
      leaving.signal('SIGTERM');
      const written = await writing;
      service.forget(leaving);
      expect(await leaving.exited).toMatchObject({ code: 0 });
      const texts = (await history(people.ann.api, `/messages/channel/${id}`)).map(({ text }) => text);
      expect(texts).toEqual(written);
      // Clients on other nodes notice nothing; one whose node has gone comes back, and reads on.
      const stayed = clients.filter(({ socket }) => socket.connected);
      expect(stayed.length).toBeGreaterThan(0);
      await expectTold(stayed, ...written);
      const back = await connect('socketio', url, people.ann);
      await back.call('channel.join', { channel_id: id, since: 0 });
      await reaches(back, written.length);
      expect(logFrames(back).map(({ data }) => data.text)).toEqual(written);
    }, 60_000);

    test('goes on over the other nodes when some die, with each request that comes in that moment', async () => {
      await addNode();
      const id = await group(people.ann, people.bob);
      const agent = new Agent({ keepAlive: true });
      const post = () => postMessage(`${service.url(0)}/api/v1/messages`, agent, people.bob, id);
      const all = Array.from({ length: REQUESTS }, () => 201);
      expect(await Promise.all(all.map(post).map(statusOf))).toEqual(all);

      const dying = service.nodes.slice(1, 3);
      service.proxy.freeze();
      for (const node of dying) node.signal('SIGKILL');
      await Promise.all(dying.map(({ exited }) => exited));
      const requests = all.map(post);
      const statuses = Promise.all(requests.map(statusOf));
      await Promise.all(requests.map((sent) => once(sent, 'finish')));
      service.proxy.thaw();
      expect(await statuses).toEqual(all);

      for (let n = 1; n <= 20; n++) expect(await say(people.bob, id)).toMatchObject({ seq: 2 * REQUESTS + n });
      agent.destroy();
    }, 60_000);

    test('goes on while Redis is away and no node is ready, also for those who poll', async () => {
      const id = await group(people.ann, people.bob);
      const clients = await joinedClients(id, io, { transports: ['polling'] });
      await service.redis?.kill();
      await until('no node is ready', async () => (await send(`${service.url(0)}/ready`)).status === 503);
      const late = await joinedClients(id, io2, { transports: ['polling'] });
      await say(people.bob, id, 'without Redis');
      await expectTold([...clients, ...late], 'without Redis');
      await service.redis?.restart();
      await until('the nodes are ready', async () => (await send(`${service.url(0)}/ready`)).status === 200);
      await say(people.bob, id, 'with Redis');
      await expectTold([...clients, ...late], 'with Redis');
    }, 60_000);

    test('says UNAVAILABLE where there is no node at all', async () => {
      for (const node of service.nodes) node.signal('SIGKILL');
      await Promise.all(service.nodes.map(({ exited }) => exited));
      expectFailure(await people.ann.api.get('/channels'), 503, 'UNAVAILABLE');
      expect((await fetch(`${service.url(0)}/proxy/health`)).status).toBe(200);
    });
  });

  describe('the address of a client', () => {
    const service = withProxiedService(target, { TRUST_PROXY: 'true', AUTH_RATE_LIMIT_MAX_REQUESTS: '4' });

    test('is what the proxy sees, whatever the client says', async () => {
      const login = (n: number) =>
        rest(service.url(0), undefined, { 'x-forwarded-for': `10.9.8.${n}` }).post('/auth/login', {});
      for (let n = 1; n <= 4; n++) expectFailure(await login(n), 400, 'VALIDATION_FAILED');
      expectFailure(await login(5), 429, 'RATE_LIMITED');
    });
  });
}

/** Says one thing after another until `end`; gives what was said. Throws where one is not stored. */
async function writeUntil(end: Promise<unknown>, who: Person, channelId: number): Promise<string[]> {
  let isOver = false;
  void end.then(() => {
    isOver = true;
  });
  const written: string[] = [];
  while (!isOver) written.push(String((await say(who, channelId)).text));
  return written;
}

/** Sends a message; emits `finish` when the kernel has all of it. */
function postMessage(url: string, agent: Agent, who: Person, channelId: number): ClientRequest {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${who.token}` };
  return request(url, { method: 'POST', agent, headers }).end(JSON.stringify({ channelId, text: 'hello' }));
}

async function statusOf(sent: ClientRequest): Promise<number | undefined> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.statusCode;
}

const transportOf = (socket: Socket): string =>
  (socket.io as unknown as { engine: { transport: { name: string } } }).engine.transport.name;

async function connections(node: ServiceProcess): Promise<number> {
  const metrics = await (await fetch(`${node.url}/metrics`)).text();
  return Number(/^chat_connections (\d+)/m.exec(metrics)?.[1]);
}
