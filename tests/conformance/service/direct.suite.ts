// Direct messages: to all connections of both users, without a join, each once.
import { describe, expect, test } from 'vitest';
import { TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector, framesOf } from './kit/live.ts';
import { cast, type Person, register, tell, unique } from './kit/people.ts';
import { anInteger, isoTime, type Message } from './kit/wire.ts';

const UNKNOWN_ID = 2_000_000_000;

export function directSuite(service: Service): void {
  describe('direct messages', () => {
    const people = cast(service, 'stranger');
    const pair = () => Promise.all([register(service, 'ann'), register(service, 'bob')]);

    describe.each(TRANSPORTS)('direct messages over %s', (transport) => {
      const connect = connector(service, transport);

      test('are acked when stored, and come to all connections of both users and to nobody else', async () => {
        const [ann, bob] = await pair();
        const sender = await connect(ann, 0);
        const clients = [sender, await connect(ann, 1), await connect(bob, 0), await connect(bob, 1)];
        const stranger = await connect(people.stranger, 1);
        const content = { text: 'psst', url: null, file_name: 'notes.txt', client_id: unique() };
        const ack = await sender.call('direct.message', { receiver_id: bob.id, ...content });
        expect(ack).toEqual({ id: anInteger(), seq: 1, created_at: isoTime(), duplicate: false });
        for (const client of clients) {
          const frame = await client.next('direct.message');
          expect(frame.seq).toBe(1);
          expect(frame.data).toEqual({
            id: ack.id,
            seq: 1,
            updated_seq: 1,
            receiver_id: bob.id,
            sender_id: ann.id,
            sender_name: ann.username,
            sender_avatar: null,
            ...content,
            message_type: 'file',
            created_at: ack.created_at,
            updated_at: ack.created_at,
          });
        }
        const answer = await clients[3]?.call('direct.message', { receiver_id: `${ann.id}`, text: 'what?' });
        expect(answer).toMatchObject({ seq: 2 });
        for (const client of clients) {
          expect((await client.next('direct.message')).data).toMatchObject({
            seq: 2,
            receiver_id: ann.id,
            sender_id: bob.id,
          });
          expect(framesOf(client, 'direct.message')).toHaveLength(2);
        }
        await stranger.fence();
        expect(framesOf(stranger, 'direct.message')).toEqual([]);
      });

      test('may call the name of a file as clients of the former service do', async () => {
        const [ann, bob] = await pair();
        const [sender, receiver] = [await connect(ann, 0), await connect(bob, 1)];
        await sender.call('direct.message', { receiver_id: bob.id, fileName: 'a.png' });
        for (const client of [sender, receiver]) {
          const { data } = await client.next('direct.message');
          expect(data).toMatchObject({ file_name: 'a.png', message_type: 'image', text: null });
          expect(data).not.toHaveProperty('fileName');
        }
        await sender.call('direct.message', { receiver_id: bob.id, file_name: 'a.txt', fileName: 'b.png' });
        expect((await receiver.next('direct.message')).data).toMatchObject({
          file_name: 'a.txt',
          message_type: 'file',
        });
      });

      test('come in the order of their numbers, each once, joined or not', async () => {
        const [ann, bob] = await pair();
        const clients = [await connect(ann, 0), await connect(bob, 1), await connect(bob, 0)];
        const [first, second, third] = clients as [(typeof clients)[0], (typeof clients)[0], (typeof clients)[0]];
        await third.call('direct.join', { user_id: ann.id });
        const send = (n: number) =>
          n % 2
            ? first.call('direct.message', { receiver_id: bob.id, text: `${n}` })
            : second.call('direct.message', { receiver_id: ann.id, text: `${n}` });
        await Promise.all(Array.from({ length: 40 }, (_, n) => send(n)));
        for (const client of clients) {
          await client.next((frame) => frame.seq === 40);
          const numbers = framesOf(client, 'direct.message').map((frame) => frame.seq);
          expect(numbers).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
        }
      });

      test('to oneself come once to each of the own connections', async () => {
        const [ann] = await pair();
        const clients = [await connect(ann, 0), await connect(ann, 1)];
        await clients[0]?.call('direct.message', { receiver_id: ann.id, text: 'note' });
        await clients[0]?.call('direct.message', { receiver_id: ann.id, text: 'end' });
        for (const client of clients) {
          await client.next(({ data }) => data.text === 'end');
          expect(framesOf(client, 'direct.message').map(({ data }) => data.text)).toEqual(['note', 'end']);
        }
      });

      test('that are sent over REST, edited and deleted come to both as well', async () => {
        const [ann, bob] = await pair();
        const clients = [await connect(ann, 1), await connect(bob, 0)];
        const { id } = await tell(ann, bob, 'first');
        await ann.elsewhere.patch<Message>(`/messages/${id}`, { text: 'second' });
        await ann.api.delete(`/messages/${id}`);
        for (const client of clients) {
          expect((await client.next('direct.message')).data).toMatchObject({ id, text: 'first', receiver_id: bob.id });
          const updated = await client.next('message.updated');
          expect(updated).toMatchObject({
            seq: 2,
            data: { id, text: 'second', receiver_id: bob.id, sender_id: ann.id },
          });
          expect(updated.data).not.toHaveProperty('channel_id');
          const deleted = await client.next('message.deleted');
          expect(deleted.seq).toBe(3);
          expect(deleted.data).toEqual({ id, seq: 1, updated_seq: 3, receiver_id: bob.id });
        }
      });

      test('with a client_id that was used before are acked as duplicates and come to nobody', async () => {
        const [ann, bob] = await pair();
        const [sender, receiver] = [await connect(ann, 0), await connect(bob, 1)];
        const message = { receiver_id: bob.id, text: 'once', client_id: unique() };
        const ack = await sender.call('direct.message', message);
        expect(await sender.call('direct.message', message)).toEqual({ ...ack, duplicate: true });
        await sender.call('direct.message', { receiver_id: bob.id, text: 'end' });
        await receiver.next(({ data }) => data.text === 'end');
        expect(framesOf(receiver, 'direct.message').map(({ seq }) => seq)).toEqual([1, 2]);
      });

      test('are refused without a receiver or without content', async () => {
        const client = await connect(people.stranger);
        const unknown = await client.refused('direct.message', { receiver_id: UNKNOWN_ID, text: 'x' });
        expect(unknown.code).toBe('USER_NOT_FOUND');
        for (const wrong of [
          { receiver_id: undefined },
          { receiver_id: 'x' },
          { receiver_id: -1 },
          { text: '' },
          { text: 1 },
        ]) {
          const data = { receiver_id: people.stranger.id, text: 'x', ...wrong };
          expect((await client.refused('direct.message', data)).code).toBe('VALIDATION_FAILED');
        }
      });

      test('are joined by the other user: the ack has the last number', async () => {
        const [ann, bob] = await pair();
        const client = await connect(bob, 1);
        expect(await client.call('direct.join', { user_id: ann.id })).toEqual({ user_id: ann.id, last_seq: 0 });
        await tell(ann, bob);
        expect(await client.call('direct.join', { user_id: `${ann.id}` })).toEqual({ user_id: ann.id, last_seq: 1 });
        expect((await client.refused('direct.join', { user_id: UNKNOWN_ID })).code).toBe('USER_NOT_FOUND');
        for (const user_id of [undefined, null, 'x', 0, -1, 1.5, {}]) {
          expect((await client.refused('direct.join', { user_id })).code).toBe('VALIDATION_FAILED');
        }
      });

      test('of others are not to be had by a join', async () => {
        const [ann, bob] = await pair();
        const client = await connect(people.stranger, 1);
        await tell(ann, bob, 'between us');
        const last = async (whom: Person) =>
          (await client.call('direct.join', { user_id: whom.id, since: 0 })).last_seq;
        expect([await last(ann), await last(bob)]).toEqual([0, 0]);
        await tell(ann, bob, 'still between us');
        await client.fence();
        expect(framesOf(client, 'direct.message')).toEqual([]);
      });
    });
  });
}
