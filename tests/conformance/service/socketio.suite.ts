// What is particular to Socket.IO: its events, with and without callbacks, its transports, and clients of version 2.
import { createRequire } from 'node:module';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { afterEach, describe, expect, test } from 'vitest';
import type { Failure, ServerFrame } from '../../support/contract-clients.ts';
import { ORIGIN, type Service } from '../../support/service-under-test.ts';
import { type EventClient, watch } from './kit/event-client.ts';
import { cast, group, type Person, say } from './kit/people.ts';
import { send } from './kit/rest.ts';
import { signToken, tokenFor } from './kit/tokens.ts';
import { isoTime } from './kit/wire.ts';

type Connect = (url: string, options: Partial<ManagerOptions & SocketOptions>) => Socket;
/** The client of version 2, which speaks Engine.IO 3; it has no types. */
const io2 = createRequire(import.meta.url)('socket.io-client-v2') as Connect;

const UNKNOWN_ID = 2_000_000_000;
export function socketIoSuite(service: Service): void {
  describe('Socket.IO', () => {
    const people = cast(service, 'ann', 'bob');
    const open: Socket[] = [];
    afterEach(() => {
      for (const socket of open.splice(0)) socket.disconnect();
    });

    const OPTIONS = { reconnection: false, forceNew: true };

    function start(options: Partial<ManagerOptions & SocketOptions> = {}, create: Connect = io): EventClient {
      const socket = create(service.url(0), { ...OPTIONS, ...options });
      open.push(socket);
      return watch(socket);
    }

    /** Connects with a token in the handshake. */
    async function connect(who: Person, options = {}): Promise<EventClient> {
      const client = start({ auth: { token: who.token }, transports: ['websocket'], ...options });
      await client.next('authenticated');
      await client.next('message');
      return client;
    }

    const isType = (type: string) => (frame: ServerFrame) => frame.type === type;

    describe('signing in to Socket.IO', () => {
      test('by the handshake gives authenticated and the frame connection.connect', async () => {
        const client = start({ auth: { token: people.ann.token } });
        expect(await client.next('authenticated')).toEqual({ userId: people.ann.id });
        expect(await client.next('message')).toMatchObject({
          type: 'connection.connect',
          data: { user_id: people.ann.id, username: people.ann.username, status: 'connected' },
        });
        expect(client.names().toSorted()).toEqual(['authenticated', 'message']);
      });

      test('by the event authenticate gives the same', async () => {
        const client = start();
        client.emit('authenticate', { token: people.ann.token });
        expect(await client.next('authenticated')).toEqual({ userId: people.ann.id });
        expect(await client.next('message')).toMatchObject({
          type: 'connection.connect',
          data: { user_id: people.ann.id, username: people.ann.username, status: 'connected' },
        });
      });

      test('by the event with a callback gives only the callback', async () => {
        const client = start();
        const result = await client.ask('authenticate', { token: people.ann.token });
        expect(result).toMatchObject({ ok: true, data: { user_id: people.ann.id, status: 'connected' } });
        expect(await client.ask('message', { type: 'ping' })).toMatchObject({ ok: true });
        expect(client.names()).toEqual([]);
      });

      test.each(['in the handshake', 'in the event'])('with a bad token %s gives an error and ends', async (where) => {
        const { ann } = people;
        const bad = ['nonsense', tokenFor(ann, -5), signToken({ userId: ann.id, exp: 4e9 }, { secret: 'another' })];
        for (const token of bad) {
          const client = start(where === 'in the handshake' ? { auth: { token } } : {});
          if (where === 'in the event') client.emit('authenticate', { token });
          expect(await client.next('error')).toEqual({
            code: 'AUTHENTICATION_FAILED',
            message: 'Authentication failed',
          });
          expect(await client.next('disconnect')).toBe('io server disconnect');
          expect(client.names()).toEqual(['error', 'disconnect']);
        }
      });

      test('with a bad token and a callback tells the callback, and ends', async () => {
        const client = start();
        const result = await client.ask('authenticate', { token: 'nonsense' });
        expect(result).toEqual({
          ok: false,
          error: { code: 'AUTHENTICATION_FAILED', message: 'Authentication failed' },
        });
        await client.next('disconnect');
        expect(client.names()).toEqual(['disconnect']);
      });

      test('comes before everything else', async () => {
        const client = start();
        for (const event of ['join_channel', 'leave_channel']) {
          client.emit(event, { channel_id: 1 });
          expect(await client.next('error')).toMatchObject({ code: 'NOT_AUTHENTICATED' });
          expect(await client.ask(event, { channel_id: 1 })).toMatchObject({
            ok: false,
            error: { code: 'NOT_AUTHENTICATED', message: expect.stringMatching(/\S/) },
          });
        }
        client.emit('authenticate', { token: people.ann.token });
        await client.next('authenticated');
      });
    });

    describe('the events of Socket.IO without a callback', () => {
      test('join_channel and leave_channel are answered by events of their own', async () => {
        const id = await group(people.ann);
        await say(people.ann, id, 'old');
        const client = await connect(people.ann);
        client.emit('join_channel', { channel_id: id });
        expect(await client.next('joined_channel')).toEqual({ channel_id: id, last_seq: 1 });
        client.emit('leave_channel', { channel_id: id });
        expect(await client.next('left_channel')).toEqual({ channel_id: id });
        expect(await client.ask('message', { type: 'ping' })).toMatchObject({ ok: true });
        expect(client.names().slice(2)).toEqual(['joined_channel', 'left_channel']);
      });

      test('the id of a channel comes back as it was written, in a callback as a number', async () => {
        const id = await group(people.ann);
        const client = await connect(people.ann);
        client.emit('join_channel', { channel_id: `${id}` });
        expect(await client.next('joined_channel')).toEqual({ channel_id: `${id}`, last_seq: 0 });
        client.emit('leave_channel', { channel_id: `${id}` });
        expect(await client.next('left_channel')).toEqual({ channel_id: `${id}` });
        const data = { channel_id: id };
        expect(await client.ask('join_channel', { channel_id: `${id}` })).toEqual({
          ok: true,
          data: { ...data, last_seq: 0 },
        });
        expect(await client.ask('leave_channel', { channel_id: `${id}` })).toEqual({ ok: true, data });
      });

      test('join_channel with since brings what was missed', async () => {
        const id = await group(people.ann);
        for (const text of ['one', 'two', 'three']) await say(people.ann, id, text);
        const client = await connect(people.ann);
        client.emit('join_channel', { channel_id: id, since: 1 });
        expect(await client.next('joined_channel')).toEqual({ channel_id: id, last_seq: 3 });
        for (const [seq, text] of [
          [2, 'two'],
          [3, 'three'],
        ]) {
          expect(await client.next('message')).toMatchObject({ type: 'channel.message', seq, data: { text } });
        }
        expect(client.names().slice(2)).toEqual(['joined_channel', 'message', 'message']);
      });

      test('message carries client frames, and server frames come as message', async () => {
        const id = await group(people.ann);
        const client = await connect(people.ann);
        client.emit('join_channel', { channel_id: id });
        await client.next('joined_channel');
        // As clients of the former service send it: no id, and so no ack.
        client.emit('message', { type: 'channel.message', data: { channel_id: id, text: 'old style' } });
        expect(await client.next('message')).toMatchObject({ type: 'channel.message', data: { text: 'old style' } });
        client.emit('message', { type: 'channel.message', id: 'm1', data: { channel_id: id, text: 'with an id' } });
        expect(await client.next<ServerFrame>('message', isType('ack'))).toEqual({
          id: 'm1',
          type: 'ack',
          data: { id: expect.any(Number), seq: 2, created_at: isoTime(), duplicate: false },
          timestamp: expect.any(Number),
        });
        await client.next<ServerFrame>('message', isType('channel.message'));
      });

      test('failures are the event error, with the id of the frame where it has one', async () => {
        const client = await connect(people.ann);
        const told = expect.stringMatching(/\S/);
        client.emit('join_channel', { channel_id: UNKNOWN_ID });
        expect(await client.next('error')).toEqual({ code: 'CHANNEL_NOT_FOUND', message: told });
        client.emit('join_channel', { channel_id: 'x' });
        expect(await client.next('error')).toMatchObject({ code: 'VALIDATION_FAILED', message: told });
        client.emit('message', { type: 'channel.message', id: 'm2', data: { channel_id: UNKNOWN_ID, text: 'x' } });
        expect(await client.next('error')).toEqual({ code: 'CHANNEL_NOT_FOUND', message: told, id: 'm2' });
        client.emit('message', { type: 'nothing' });
        expect(await client.next('error')).toEqual({ code: 'UNKNOWN_TYPE', message: told });
      });

      test('what is no object is refused, for each event', async () => {
        const client = await connect(people.ann);
        for (const event of ['authenticate', 'join_channel', 'leave_channel', 'message']) {
          for (const args of [[], [null], ['x'], [5], [[1]], [true]]) {
            client.emit(event, ...args);
            const { code } = await client.next<Failure>('error');
            expect(['INVALID_FRAME', 'VALIDATION_FAILED'], `${event} ${JSON.stringify(args)}`).toContain(code);
          }
        }
        expect(await client.ask('message', { type: 'ping' })).toMatchObject({ ok: true });
      });

      test('unknown events and binary data do no harm', async () => {
        const client = await connect(people.ann);
        client.emit('nothing', { a: 1 });
        client.emit('constructor', {});
        client.emit('message', Buffer.from('{"type":"ping"}'));
        client.emit('message', { type: 'ping', data: { blob: Buffer.from('x') } });
        expect(await client.ask('message', { type: 'ping' })).toMatchObject({ ok: true });
      });
    });

    describe('the events of Socket.IO with a callback', () => {
      test('tell the callback, and only it, that they succeeded', async () => {
        const id = await group(people.ann);
        const client = await connect(people.ann);
        expect(await client.ask('join_channel', { channel_id: id })).toEqual({
          ok: true,
          data: { channel_id: id, last_seq: 0 },
        });
        const sent = await client.ask('message', {
          type: 'channel.message',
          id: 'with a callback',
          data: { channel_id: id, text: 'x' },
        });
        const data = { id: expect.any(Number), seq: 1, created_at: isoTime(), duplicate: false };
        expect(sent).toEqual({ ok: true, data });
        expect(await client.ask('leave_channel', { channel_id: id })).toMatchObject({
          ok: true,
          data: { channel_id: id },
        });
        expect(await client.ask('message', { type: 'ping' })).toMatchObject({ ok: true });
        // The message itself comes live, as to everybody; nothing else does.
        expect(await client.next('message')).toMatchObject({ type: 'channel.message' });
        expect(client.names().slice(2)).toEqual(['message']);
      });

      test('tell the callback, and only it, that they failed', async () => {
        const client = await connect(people.ann);
        const failed = (code: string) => ({ ok: false, error: { code, message: expect.stringMatching(/\S/) } });
        expect(await client.ask('join_channel', { channel_id: UNKNOWN_ID })).toMatchObject(failed('CHANNEL_NOT_FOUND'));
        expect(await client.ask('join_channel', {})).toMatchObject(failed('VALIDATION_FAILED'));
        expect(await client.ask('leave_channel', { channel_id: {} })).toMatchObject(failed('VALIDATION_FAILED'));
        expect(await client.ask('message', { type: 'nothing', id: 'a' })).toMatchObject(failed('UNKNOWN_TYPE'));
        expect(await client.ask('message', 'no frame')).toMatchObject(failed('INVALID_FRAME'));
        expect(await client.ask('message', { type: 'direct.message', data: {} })).toMatchObject(
          failed('VALIDATION_FAILED'),
        );
        expect(await client.ask('authenticate', { token: people.bob.token })).toMatchObject(failed('FORBIDDEN'));
        expect(client.names().slice(2)).toEqual([]);
      });

      test('bring the callback of a join before what the join brings', async () => {
        const id = await group(people.ann);
        for (const text of ['one', 'two']) await say(people.ann, id, text);
        const client = await connect(people.ann);
        const order: string[] = [];
        client.socket.on('message', (frame: ServerFrame) => order.push(frame.type));
        client.socket.emit('join_channel', { channel_id: id, since: 0 }, () => order.push('callback'));
        await client.next<ServerFrame>('message', ({ seq }) => seq === 2);
        expect(order).toEqual(['callback', 'channel.message', 'channel.message']);
      });
    });

    describe('the transports of Socket.IO', () => {
      const clients: [string, (token: string) => EventClient][] = [
        ['WebSocket alone', (token) => start({ transports: ['websocket'], auth: { token } })],
        ['polling alone', (token) => start({ transports: ['polling'], auth: { token } })],
        ['polling that upgrades', (token) => start({ auth: { token } })],
        ['version 2 over WebSocket', (token) => old(token, ['websocket'])],
        ['version 2 over polling', (token) => old(token, ['polling'])],
        ['version 2 that upgrades', (token) => old(token)],
      ];

      /** A client of version 2 has no `auth`: it sends the event. */
      function old(token: string, transports: string[] = ['polling', 'websocket']): EventClient {
        const client = start({ transports }, io2);
        client.emit('authenticate', { token });
        return client;
      }

      test.each(clients)('%s: a conversation', async (name, begin) => {
        const { ann, bob } = people;
        const id = await group(ann, bob);
        const client = begin(ann.token);
        expect(await client.next('authenticated')).toEqual({ userId: ann.id });
        if (name.endsWith('upgrades')) {
          const { engine } = client.socket.io as unknown as { engine: { transport: { name: string } } };
          await expect.poll(() => engine.transport.name).toBe('websocket');
        }
        await client.next<ServerFrame>('message', isType('connection.connect'));
        client.emit('join_channel', { channel_id: id });
        expect(await client.next('joined_channel')).toEqual({ channel_id: id, last_seq: 0 });
        const text = 'Grüße 世界 👋 "quoted" \\ \u2028';
        await say(bob, id, text);
        expect(await client.next('message')).toMatchObject({ type: 'channel.message', data: { text } });
        const sent = await client.ask('message', { type: 'channel.message', data: { channel_id: id, text } });
        expect(sent).toMatchObject({ ok: true, data: { seq: 2 } });
        expect(await client.next('message')).toMatchObject({
          type: 'channel.message',
          data: { text, sender_id: ann.id },
        });
        // Many frames at once: a poll carries several packets.
        await Promise.all(Array.from({ length: 20 }, (_, n) => say(bob, id, `${n} ${text}`)));
        for (let seq = 3; seq <= 22; seq++) expect(await client.next('message')).toMatchObject({ seq });
        client.emit('leave_channel', { channel_id: id });
        await client.next('left_channel');
      });

      test('polling is for pages of the origin that is allowed', async () => {
        const poll = (origin: string) =>
          send(`${service.url(0)}/socket.io/?EIO=4&transport=polling`, { headers: { origin } });
        const allowed = await poll(ORIGIN);
        expect(allowed.status).toBe(200);
        expect(allowed.headers.get('access-control-allow-origin')).toBe(ORIGIN);
        const other = await poll('http://evil.example');
        expect([null, ORIGIN]).toContain(other.headers.get('access-control-allow-origin'));
      });

      test('what is no Engine.IO request gets an answer, not silence', async () => {
        for (const query of ['', '?EIO=4', '?EIO=4&transport=carrier-pigeon', '?EIO=4&transport=polling&sid=nobody']) {
          const reply = await send(`${service.url(0)}/socket.io/${query}`);
          expect(reply.status, query).toBeGreaterThanOrEqual(400);
          expect(reply.status, query).toBeLessThan(500);
        }
      });
    });

    test('a packet that is too large ends the connection, and only it', async () => {
      const [client, other] = [await connect(people.ann), await connect(people.ann)];
      client.emit('message', { type: 'ping', data: { pad: 'x'.repeat(70_000) } });
      await client.next('disconnect');
      expect(await other.ask('message', { type: 'ping' })).toMatchObject({ ok: true });
    });
  });
}
