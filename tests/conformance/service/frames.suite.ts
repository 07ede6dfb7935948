// The frames of the protocol over every transport: envelopes, what is answered and how, what is refused.
import { describe, expect, test } from 'vitest';
import { type ChatClient, TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector, framesOf, joined } from './kit/live.ts';
import { cast, group, say, tell } from './kit/people.ts';
import { anInteger } from './kit/wire.ts';

const UNKNOWN_ID = 2_000_000_000;

export function framesSuite(service: Service): void {
  describe('frames', () => {
    const people = cast(service, 'owner', 'member', 'stranger');

    describe.each(TRANSPORTS)('frames over %s', (transport) => {
      const connect = connector(service, transport);

      /** How often something came that answers the frame with this id. */
      const answersTo = (client: ChatClient, id: string) =>
        client.frames.filter((frame) => frame.id === id && frame.type !== 'error').length +
        client.failures.filter((failure) => failure.id === id).length;

      describe('the envelope', () => {
        test('is the same for everything that the server sends', async () => {
          const { owner, member } = people;
          const id = await group(owner, member);
          const client = await joined(connect, owner, id);
          await joined(connect, member, id, 1);
          const first = await say(member, id);
          await tell(member, owner);
          await member.api.patch(`/messages/${first.id}`, { text: 'edited' });
          await member.api.delete(`/messages/${first.id}`);
          await owner.api.put(`/channels/${id}`, { name: 'named' });
          await owner.api.delete(`/channels/${id}`);
          await client.next('channel.deleted');
          await client.next('message.deleted');
          await client.next('direct.message');
          await client.fence();
          const numbered = ['channel.message', 'direct.message', 'message.updated', 'message.deleted'];
          for (const frame of client.frames) {
            expect(
              Object.keys(frame).filter((key) => !['id', 'type', 'data', 'timestamp', 'user_id', 'seq'].includes(key)),
            ).toEqual([]);
            expect(frame).toMatchObject({ id: expect.any(String), type: expect.any(String), timestamp: anInteger() });
            expect(Math.abs(frame.timestamp - Date.now())).toBeLessThan(60_000);
            expect(frame.seq).toBe(numbered.includes(frame.type) ? frame.data.updated_seq : undefined);
          }
          expect(new Set(client.frames.map((frame) => frame.type))).toEqual(
            new Set([
              'connection.connect',
              'ack',
              'pong',
              'channel.join',
              'channel.updated',
              'channel.deleted',
              ...numbered,
            ]),
          );
        });
      });

      describe('answers', () => {
        test('come once, with the id of the frame, for each frame with an id', async () => {
          const { owner } = people;
          const id = await group(owner);
          const client = await connect(owner);
          const frames = [
            { type: 'ping', id: 'a' },
            { type: 'channel.join', id: 'b', data: { channel_id: id } },
            { type: 'channel.message', id: 'c', data: { channel_id: id, text: 'x' } },
            { type: 'channel.leave', id: 'd', data: { channel_id: id } },
            { type: 'channel.join', id: 'e', data: { channel_id: UNKNOWN_ID } },
            { type: 'nothing', id: 'f' },
            { type: 'channel.join', id: 'g', data: {} },
            { type: 'ping', id: ' ' },
            { type: 'ping', id: 'i'.repeat(64) },
          ];
          for (const frame of frames) client.emit(frame);
          for (const { id: sent } of frames)
            await expect.poll(() => answersTo(client, sent), { message: sent }).toBe(1);
          await client.fence();
          for (const { id: sent } of frames) expect(answersTo(client, sent), sent).toBe(1);
        });

        test.each([
          ['without an id', {}],
          ['with an empty id', { id: '' }],
        ])('come for frames %s only where they fail', async (_, noId) => {
          const { owner } = people;
          const id = await group(owner);
          const client = await connect(owner);
          client.emit({ ...noId, type: 'channel.join', data: { channel_id: id } });
          client.emit({ ...noId, type: 'channel.message', data: { channel_id: id, text: 'silent' } });
          await client.next('channel.message');
          client.emit({ ...noId, type: 'channel.leave', data: { channel_id: id } });
          client.emit({ ...noId, type: 'direct.join', data: { user_id: owner.id } });
          await client.fence();
          expect(framesOf(client, 'ack')).toEqual([]);
          expect(client.failures).toEqual([]);
          client.emit({ ...noId, type: 'channel.join', data: { channel_id: UNKNOWN_ID } });
          const failure = await client.nextFailure();
          expect(failure).toMatchObject({ code: 'CHANNEL_NOT_FOUND', message: expect.stringMatching(/\S/) });
          if (transport === 'socketio') expect(failure).not.toHaveProperty('id');
        });

        test('to a ping are a pong', async () => {
          const client = await connect(people.owner);
          client.emit({ type: 'ping', id: 'one' });
          client.emit({ type: 'ping', id: 'two', data: {} });
          expect(await client.next('pong')).toMatchObject({ id: 'one', timestamp: expect.any(Number) });
          expect(await client.next('pong')).toMatchObject({ id: 'two' });
        });
      });

      describe('what is no frame', () => {
        test.each<[string, unknown]>([
          ['a list', []],
          ['a list with a frame', [{ type: 'ping' }]],
          ['a string', 'ping'],
          ['a number', 1],
          ['a boolean', true],
          ['null', null],
          ['an object without a type', { data: {} }],
          ['a type that is no string', { type: 5 }],
          ['a type that is null', { type: null }],
          ['data that is null', { type: 'ping', data: null }],
          ['data that is a list', { type: 'ping', data: [] }],
          ['data that is a string', { type: 'channel.join', data: '{"channel_id":1}' }],
          ['data that is a number', { type: 'ping', data: 1 }],
          ['an id that is a number', { type: 'ping', id: 1 }],
          ['an id that is an object', { type: 'ping', id: {} }],
          ['an id that is null', { type: 'ping', id: null }],
          ['an id of 65 characters', { type: 'ping', id: 'i'.repeat(65) }],
        ])('%s is refused as INVALID_FRAME, and the connection goes on', async (_, frame) => {
          const client = await connect(people.owner);
          client.emit(frame);
          expect((await client.nextFailure()).code).toBe('INVALID_FRAME');
          await client.fence();
          expect(client.failures).toHaveLength(1);
        });

        test('a wrong envelope is refused under the id that it has', async () => {
          const client = await connect(people.owner);
          expect((await client.refused('ping', [])).code).toBe('INVALID_FRAME');
          expect((await client.refused('ping', null)).code).toBe('INVALID_FRAME');
        });

        test.each([
          '',
          'Ping',
          'message',
          'connection.connect',
          'ack',
          'channel.deleted',
          '__proto__',
          'constructor',
          'toString',
        ])('the type %j is unknown', async (type) => {
          const client = await connect(people.owner);
          expect(await client.refused(type, {})).toMatchObject({ code: 'UNKNOWN_TYPE' });
          await client.fence();
        });
      });
    });
  });
}
