// Frames that nobody should send: each gets a clear answer, nothing is half-stored, and the connection goes on.
import { describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { rawAddress, rawClient, TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { deepObject, NO_IDS, NO_TEXTS, nested, UNSTORABLE } from './kit/bad-values.ts';
import { connector, framesOf, joined, settled } from './kit/live.ts';
import { cast, group, unique } from './kit/people.ts';

export function badFramesSuite(service: Service): void {
  describe('bad frames', () => {
    const people = cast(service, 'ann', 'bob');

    describe.each(TRANSPORTS)('bad frames over %s', (transport) => {
      const connect = connector(service, transport);

      test.each(['text', 'url', 'file_name', 'client_id'])(
        '%s takes no NUL, no lone surrogate and nothing but a text',
        async (field) => {
          const id = await group(people.ann);
          const client = await joined(connect, people.ann, id);
          // Socket.IO's own client replaces lone surrogates on their way: what arrives is well-formed.
          const texts = UNSTORABLE.filter((text) => transport === 'raw' || text.isWellFormed());
          for (const value of [
            ...texts.map((text) => (field === 'url' ? `https://example.com/${text}` : text)),
            ...NO_TEXTS,
          ]) {
            const good = field === 'text' ? { url: 'https://example.com/' } : { text: 'x' };
            for (const [type, where] of [
              ['channel.message', { channel_id: id }],
              ['direct.message', { receiver_id: people.bob.id }],
            ] as const) {
              const refused = await client.refused(type, { ...where, ...good, [field]: value });
              expect(refused.code, JSON.stringify(value)).toBe('VALIDATION_FAILED');
            }
          }
          await settled(id, people.ann, client);
          expect(framesOf(client, 'channel.message', id).map(({ seq }) => seq)).toEqual([1]);
        },
      );

      test('no id is what is no id', async () => {
        const client = await connect(people.ann);
        // A number that is infinite can be written in JSON, but not by a Socket.IO client.
        const values = NO_IDS.map((json) => JSON.parse(json) as unknown).filter(
          (value) => value !== null && !isInfinite(value),
        );
        for (const value of values) {
          const refusals = [
            await client.refused('channel.join', { channel_id: value }),
            await client.refused('channel.leave', { channel_id: value }),
            await client.refused('channel.message', { channel_id: value, text: 'x' }),
            await client.refused('direct.message', { receiver_id: value, text: 'x' }),
            await client.refused('direct.join', { user_id: value }),
          ];
          expect(
            refusals.map(({ code }) => code),
            JSON.stringify(value),
          ).toEqual(Array(5).fill('VALIDATION_FAILED'));
        }
      });

      test('keys of prototypes and fields that nobody knows are ignored', async () => {
        const id = await group(people.ann);
        const client = await joined(connect, people.ann, id);
        const data = JSON.parse(
          `{"channel_id":${id},"text":"x","__proto__":{"text":"y","sender_id":1},"constructor":{"a":1},"sender_id":1,"id":7}`,
        ) as object;
        await client.call('channel.message', data);
        client.emit(
          JSON.parse(
            '{"type":"ping","id":"odd","__proto__":{"type":"authenticate"},"user_id":1,"seq":"x","timestamp":{}}',
          ),
        );
        expect((await client.next('channel.message')).data).toMatchObject({ text: 'x', sender_id: people.ann.id });
        expect((await client.next('pong')).id).toBe('odd');
        const onlyInherited = JSON.parse(`{"__proto__":{"channel_id":${id},"text":"y"}}`) as object;
        expect((await client.refused('channel.message', onlyInherited)).code).toBe('VALIDATION_FAILED');
      });

      test('nesting of 100 levels is ignored where it is not asked for, and refused where it is', async () => {
        const client = await connect(people.ann);
        for (const deep of [nested(100), deepObject(100)].map((json) => JSON.parse(json) as unknown)) {
          await client.call('ping', { deep });
          const refused = await client.refused('direct.message', { receiver_id: people.ann.id, text: deep });
          expect(refused.code).toBe('VALIDATION_FAILED');
        }
      });
    });

    describe('bad texts on the wire of raw WebSocket', () => {
      async function open() {
        const headers = { authorization: `Bearer ${people.ann.token}` };
        const socket = new WebSocket(rawAddress(service.url(0)), { headers });
        const client = await rawClient(socket);
        await client.next('connection.connect');
        return { socket, client };
      }

      test('infinite numbers are no ids, and no since', async () => {
        const { socket, client } = await open();
        const id = await group(people.ann);
        for (const data of [
          '{"channel_id":1e999}',
          '{"channel_id":-1e999}',
          `{"channel_id":${id},"since":1e999}`,
          `{"channel_id":${id},"since":-1e999}`,
        ]) {
          socket.send(`{"type":"channel.join","id":"bad","data":${data}}`);
          expect(await client.nextFailure()).toMatchObject({ code: 'VALIDATION_FAILED', id: 'bad' });
        }
        await client.close();
      });

      test('of keys that come twice the last counts', async () => {
        const { socket, client } = await open();
        const text = unique();
        socket.send(
          `{"type":"ping","type":"direct.message","id":"a","id":"b","data":{"receiver_id":1,"receiver_id":${people.ann.id},"text":"${text}"}}`,
        );
        expect(await client.next('ack')).toMatchObject({ id: 'b' });
        expect((await client.next('direct.message')).data).toMatchObject({ text, receiver_id: people.ann.id });
        await client.close();
      });

      test('lone surrogates in a type, an id or a key do no harm', async () => {
        const { socket, client } = await open();
        for (const text of [
          '{"type":"\\ud800","id":"a"}',
          '{"type":"ping\\u0000","id":"b"}',
          '{"type":"ping","id":"\\udc00","data":{}}',
          '{"type":"ping","id":"d","data":{"\\ud800":"\\u0000"}}',
        ]) {
          socket.send(text);
        }
        await client.fence();
        expect(client.failures.slice(0, 2).map(({ code }) => code)).toEqual(['UNKNOWN_TYPE', 'UNKNOWN_TYPE']);
        expect((await client.next((frame) => frame.id === 'd')).type).toBe('pong');
        await client.close();
      });

      test('nesting as deep as a frame is long does not fell the service', async () => {
        const { socket, client } = await open();
        socket.send(nested(30_000));
        expect((await client.nextFailure()).code).toBe('INVALID_FRAME');
        socket.send(`{"type":"ping","id":"deep","data":${deepObject(8_000)}}`);
        await client.next((frame) => frame.id === 'deep');
        await client.close();
      });
    });
  });
}

const isInfinite = (value: unknown): boolean => typeof value === 'number' && !Number.isFinite(value);
