// Up to where a user has read: by frames and by REST, on every node, and what that leaves unread.
import { describe, expect, test } from 'vitest';
import { TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector } from './kit/live.ts';
import { cast, group, register, say, tell } from './kit/people.ts';

export function markersSuite(service: Service): void {
  describe('markers', () => {
    const people = cast(service, 'ann', 'bob');

    describe.each(TRANSPORTS)('over %s', (transport) => {
      const connect = connector(service, transport);

      test('move forward, go back, and say what is unread', async () => {
        const { ann, bob } = people;
        const id = await group(ann, bob);
        for (const text of ['1', '2', '3']) await say(ann, id, text);
        const client = await connect(bob, 1);
        const read = (seq: number | string) => client.call('conversation.read', { channel_id: `${id}`, seq });
        expect(await read(2)).toEqual({ read_seq: 2, unread: 1, mentions: 0 });
        expect(await read('1')).toEqual({ read_seq: 2, unread: 1, mentions: 0 });
        expect(await client.call('conversation.unread', { channel_id: id, seq: 2 })).toEqual({
          read_seq: 1,
          unread: 2,
          mentions: 0,
        });
        await say(bob, id, 'sending reads');
        expect(await read(0)).toEqual({ read_seq: 4, unread: 0, mentions: 0 });
      });

      test('are told to the user’s connections that joined the account log, once for each that moves', async () => {
        const { ann, bob } = people;
        const id = await group(ann, bob);
        for (const text of ['1', '2', '3']) await say(ann, id, text);
        const [phone, laptop] = [await connect(bob), await connect(bob, 1)];
        await laptop.call('account.join', {});
        const told = () => laptop.next(({ type, data }) => type === 'conversation.updated' && data.channel_id === id);
        await phone.call('conversation.read', { channel_id: id, seq: 1 });
        expect((await told()).data).toMatchObject({ read_seq: 1, unread: 2, mentions: 0 });
        await phone.call('conversation.read', { channel_id: id, seq: 1 });
        await bob.api.post('/conversations/read', { channelId: id, seq: 3 });
        expect((await told()).data).toMatchObject({ read_seq: 3, unread: 0, mentions: 0 });
      });

      test('of a direct conversation are named by the other user', async () => {
        const [ann, bob] = [await register(service, 'ann'), await register(service, 'bob')];
        const { id, seq } = await tell(ann, bob);
        await ann.api.delete(`/messages/${id}`);
        await tell(ann, bob);
        const client = await connect(bob);
        const call = (seqs: number) => client.call('conversation.read', { user_id: ann.id, seq: seqs });
        expect(await call(0)).toEqual({ read_seq: 0, unread: 1, mentions: 0 });
        expect(await call(seq + 2)).toEqual({ read_seq: 3, unread: 0, mentions: 0 });
      });

      test('are refused beyond the head, and where the conversation is not one’s own', async () => {
        const { ann, bob } = people;
        const id = await group(ann);
        const { seq } = await say(ann, id);
        const [own, others] = [await connect(ann), await connect(bob)];
        for (const type of ['conversation.read', 'conversation.unread']) {
          expect(await own.refused(type, { channel_id: id, seq: seq + 1 })).toMatchObject({
            code: 'VALIDATION_FAILED',
          });
          expect(await own.refused(type, { channel_id: id })).toMatchObject({ code: 'VALIDATION_FAILED' });
          expect(await own.refused(type, { channel_id: id, user_id: 1, seq })).toMatchObject({
            code: 'VALIDATION_FAILED',
          });
          expect(await others.refused(type, { channel_id: id, seq })).toMatchObject({ code: 'CHANNEL_NOT_FOUND' });
          expect(await others.refused(type, { channel_id: 2_000_000, seq: 0 })).toMatchObject({
            code: 'CHANNEL_NOT_FOUND',
          });
          expect(await others.refused(type, { user_id: 2_000_000, seq: 0 })).toMatchObject({ code: 'USER_NOT_FOUND' });
        }
      });
    });

    test('move by one REST call, all of them or none', async () => {
      const [ann, bob] = [await register(service, 'ann'), await register(service, 'bob')];
      const [one, two] = [await group(ann, bob), await group(ann, bob)];
      const item = { channelId: one, seq: (await say(ann, one)).seq };
      await say(ann, two);
      await tell(ann, bob);
      const path = '/conversations/read';
      expect(await bob.elsewhere.post(path, [item, { channelId: two, seq: 9 }])).toMatchObject({
        status: 400,
        body: { code: 'VALIDATION_FAILED' },
      });
      expect(await bob.api.post(path, [item, { channelId: await group(ann), seq: 0 }])).toMatchObject({
        status: 404,
        body: { code: 'CHANNEL_NOT_FOUND' },
      });
      for (const body of [[], Array.from({ length: 501 }, () => item), { seq: 1 }, { ...item, userId: 1 }, 'x']) {
        expect(await bob.api.post(path, body)).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
      }
      expect((await bob.api.post(path, { ...item, seq: 0 })).data).toEqual([
        { channelId: one, userId: null, readSeq: 0, unread: 1, mentions: 0 },
      ]);
      expect((await bob.elsewhere.post(path, [item, { userId: ann.id, seq: 0 }])).data).toEqual([
        { channelId: one, userId: null, readSeq: 1, unread: 0, mentions: 0 },
        { channelId: null, userId: ann.id, readSeq: 0, unread: 1, mentions: 0 },
      ]);
      const nothing = { unread: 0, mentions: 0, conversations: 0 };
      expect((await bob.api.post('/conversations/read-all', {})).data).toEqual(nothing);
      expect((await bob.api.post(path, { channelId: two, seq: 0 })).data).toMatchObject([{ readSeq: 1, unread: 0 }]);
    });
  });
}
