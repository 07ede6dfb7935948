// What is particular to raw WebSocket: the upgrade and its refusals, and what may come over the wire.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import WebSocket, { type ClientOptions } from 'ws';
import { type ChatClient, rawAddress, rawClient } from '../../support/contract-clients.ts';
import { ORIGIN, type Service } from '../../support/service-under-test.ts';
import { cast, group } from './kit/people.ts';
import { expectFailure, rest, type send } from './kit/rest.ts';
import { signToken, tokenFor } from './kit/tokens.ts';

interface Request {
  path?: string;
  protocols?: string[];
  headers?: Record<string, string>;
  origin?: string;
}

export function rawWebSocketSuite(service: Service): void {
  describe('raw WebSocket', () => {
    const people = cast(service, 'ann');
    const sockets: WebSocket[] = [];
    afterEach(() => {
      for (const socket of sockets.splice(0)) socket.terminate();
    });

    function upgrade({ path = '', protocols = [], headers = {}, origin }: Request = {}): WebSocket {
      const options: ClientOptions = origin === undefined ? { headers } : { headers, origin };
      const socket = new WebSocket(`${rawAddress(service.url(0))}${path}`, protocols, options);
      sockets.push(socket);
      return socket;
    }

    /** Opens a connection of ann. */
    async function open(): Promise<{ socket: WebSocket; client: ChatClient }> {
      const socket = upgrade({ headers: { authorization: `Bearer ${people.ann.token}` } });
      const client = await rawClient(socket);
      await client.next('connection.connect');
      return { socket, client };
    }

    /** The HTTP answer to an upgrade that is refused. */
    async function refusal(request: Request): Promise<Awaited<ReturnType<typeof send>>> {
      const socket = upgrade(request);
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        socket.once('unexpected-response', (_, answer) => resolve(answer));
        socket.once('open', () => reject(new Error('the upgrade was granted')));
        socket.once('error', reject);
      });
      let text = '';
      for await (const chunk of response) text += chunk;
      const headers = new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
      return { status: response.statusCode ?? 0, headers, text, body: JSON.parse(text), data: undefined };
    }

    describe('the upgrade', () => {
      test.each<[string, (token: string) => Request]>([
        ['by the Authorization header', (token) => ({ headers: { authorization: `Bearer ${token}` } })],
        ['by the query', (token) => ({ path: `?token=${token}` })],
        ['by the subprotocols', (token) => ({ protocols: ['chat.v1', `bearer.${token}`] })],
      ])('takes the token %s', async (_, request) => {
        const socket = upgrade(request(people.ann.token));
        const client = await rawClient(socket);
        const { data } = await client.next('connection.connect');
        expect(data).toMatchObject({ user_id: people.ann.id });
        expect(client.frames).toHaveLength(1);
      });

      test('selects the subprotocol chat.v1, and never the one with the token', async () => {
        for (const protocols of [
          ['chat.v1', `bearer.${people.ann.token}`],
          [`bearer.${people.ann.token}`, 'chat.v1'],
          ['chat.v1'],
        ]) {
          const socket = upgrade({ protocols });
          await rawClient(socket);
          expect(socket.protocol).toBe('chat.v1');
        }
      });

      test.each<[string, (token: string) => Request]>([
        ['by the Authorization header', (token) => ({ headers: { authorization: `Bearer ${token}` } })],
        ['by the query', (token) => ({ path: `?token=${token}` })],
        ['by the subprotocols', (token) => ({ protocols: ['chat.v1', `bearer.${token}`] })],
      ])('with a bad token %s is refused with 401', async (_, request) => {
        const { id } = people.ann;
        const bad = ['nonsense', tokenFor(people.ann, -5), signToken({ userId: id, exp: 4e9 }, { secret: 'another' })];
        for (const token of bad) expectFailure(await refusal(request(token)), 401, 'UNAUTHORIZED');
      });

      test('is for the origins that are allowed, and for clients that send none', async () => {
        const headers = { authorization: `Bearer ${people.ann.token}` };
        await (await rawClient(upgrade({ headers, origin: ORIGIN }))).next('connection.connect');
        await (await rawClient(upgrade({ headers }))).next('connection.connect');
        for (const origin of ['http://evil.example', `${ORIGIN}.evil.example`, `${ORIGIN}:81`, 'null']) {
          expectFailure(await refusal({ headers, origin }), 403, 'FORBIDDEN');
        }
        expectFailure(await refusal({ origin: 'http://evil.example' }), 403, 'FORBIDDEN');
      });

      test('is not to be had elsewhere', async () => {
        const headers = { authorization: `Bearer ${people.ann.token}` };
        for (const path of ['/more', '/../nothing']) expectFailure(await refusal({ path, headers }), 404, 'NOT_FOUND');
      });

      test('is what the address is for: a plain GET is told so', async () => {
        expectFailure(await rest(service.url(0)).get('/ws'), 426, 'UPGRADE_REQUIRED');
        expectFailure(await rest(service.url(0), people.ann.token).get('/ws'), 426, 'UPGRADE_REQUIRED');
      });

      test.each([
        ['GET', '/health', undefined, 200],
        ['POST', '/api/v1/auth/login', JSON.stringify({ email: 'nobody@example.com', password: 'a password' }), 401],
      ])(
        'that offers HTTP/2 instead is no upgrade: %s %s is answered, body and all',
        async (method, path, body, status) => {
          const upgrading = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' };
          const headers = { ...upgrading, 'content-type': 'application/json' };
          const answered = await new Promise<number | undefined>((resolve, reject) => {
            httpRequest(`${service.url(0)}${path}`, { method, headers }, (answer) => {
              answer.resume();
              resolve(answer.statusCode);
            })
              .on('error', reject)
              .end(body);
          });
          expect(answered).toBe(status);
        },
      );
    });

    describe('the wire', () => {
      test.each([
        '',
        ' ',
        '{',
        'ping',
        '{"type":"ping"',
        '{"type":"ping"} {',
        '\u0000',
        '{type:"ping"}',
        "{'type':'ping'}",
      ])('the text %j is no frame, and no reason to end the connection', async (text) => {
        const { socket, client } = await open();
        socket.send(text);
        expect((await client.nextFailure()).code).toBe('INVALID_FRAME');
        await client.fence();
      });

      test('a refusal is an error frame of its own, with the id that was sent', async () => {
        const { socket, client } = await open();
        socket.send(JSON.stringify({ type: 'channel.join', id: 'mine', data: { channel_id: 'x' } }));
        const frame = await client.next('error');
        expect(frame).toEqual({
          id: 'mine',
          type: 'error',
          timestamp: expect.any(Number),
          data: { code: 'VALIDATION_FAILED', message: expect.stringMatching(/\S/), details: expect.any(Array) },
        });
        expect(frame.data.details).toEqual([{ path: 'channel_id', message: expect.stringMatching(/\S/) }]);
      });

      test('a binary message ends the connection with 1003', async () => {
        const { socket, client } = await open();
        socket.send(Buffer.from('{"type":"ping"}'), { binary: true });
        expect(await client.closed).toMatchObject({ code: 1003 });
      });

      test('text that is no UTF-8 ends the connection with 1007', async () => {
        const { socket, client } = await open();
        socket.send(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), { binary: false });
        expect(await client.closed).toMatchObject({ code: 1007 });
      });

      test('a frame of MAX_FRAME_BYTES is taken, one byte more ends the connection with 1009', async () => {
        const { socket, client } = await open();
        const frame = (bytes: number) => {
          const empty = JSON.stringify({ type: 'ping', id: 'large', data: { pad: '' } });
          return empty.replace('""', `"${'x'.repeat(bytes - empty.length)}"`);
        };
        socket.send(frame(65_536));
        expect((await client.next('pong')).id).toBe('large');
        socket.send(frame(65_537));
        expect(await client.closed).toMatchObject({ code: 1009 });
      });

      test('a message may come in fragments', async () => {
        const { socket, client } = await open();
        socket.send('{"type":"pi', { fin: false });
        socket.send('ng","id":"torn"}', { fin: true });
        expect((await client.next('pong')).id).toBe('torn');
      });

      test('each text message of the server is one frame', async () => {
        const { socket, client } = await open();
        const texts: string[] = [];
        socket.on('message', (data, isBinary) => texts.push(isBinary ? 'binary' : String(data)));
        const channelId = await group(people.ann);
        await client.call('channel.join', { channel_id: channelId });
        await Promise.all(
          [1, 2, 3].map((n) => client.call('channel.message', { channel_id: channelId, text: `${n}` })),
        );
        await client.fence();
        // The ack of the join, three acks, three messages, the pong; what else came is for the new channel.
        const types = texts.map((text) => (JSON.parse(text) as { type: string }).type);
        expect(types.filter((type) => type !== 'channel.added').toSorted()).toEqual(
          ['ack', 'ack', 'ack', 'ack', 'channel.message', 'channel.message', 'channel.message', 'pong'].toSorted(),
        );
      });

      test('a ping of WebSocket itself is answered', async () => {
        const { socket } = await open();
        const pong = new Promise((resolve) => socket.once('pong', (data) => resolve(String(data))));
        socket.ping('are you there?');
        expect(await pong).toBe('are you there?');
      });

      test('a client that says goodbye gets its goodbye', async () => {
        const { socket, client } = await open();
        socket.close(1000, 'bye');
        expect(await client.closed).toMatchObject({ code: 1000 });
      });
    });
  });
}
