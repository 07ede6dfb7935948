// The account log: what is one user's alone comes to all connections that joined it, live and after an absence.
import { describe, expect, test } from 'vitest';
import { type ChatClient, TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector, framesOf } from './kit/live.ts';
import { cast, group, register, say } from './kit/people.ts';

const FRAMES = ['conversation.updated', 'conversation.removed', 'account.updated'];

export function accountLogSuite(service: Service): void {
  describe('the account log', () => {
    const people = cast(service, 'bob');
    const brief = (client: ChatClient) =>
      framesOf(client, FRAMES).map(({ type, seq, data }) => [type, seq, data.channel_id]);

    describe.each(TRANSPORTS)('the account log over %s', (transport) => {
      const connect = connector(service, transport);

      test('brings each change to every connection that joined, the one that caused it too, and to nobody else', async () => {
        const { bob } = people;
        const ann = await register(service, 'ann');
        const clients = [await connect(ann, 0), await connect(ann, 1)];
        for (const client of clients)
          expect(await client.call('account.join')).toEqual({
            last_seq: 0,
            totals: { unread: 0, mentions: 0, conversations: 0 },
          });
        const others = [await connect(ann, 0), await connect(bob, 1)];
        await others[1]?.call('account.join');
        const id = await group(bob, ann);
        for (const client of clients) {
          const { seq, data } = await client.next('conversation.updated');
          expect(seq).toBe(1);
          expect(data).toMatchObject({ channel_id: id, user_id: null, role: 'member', muted: false, account_seq: 1 });
          expect(data).not.toHaveProperty('last_message');
        }
        await ann.elsewhere.patch(`/conversations/c${id}`, { muted: true });
        for (const client of clients) {
          expect((await client.next('conversation.updated')).data).toMatchObject({ muted: true, account_seq: 2 });
        }
        await say(bob, id);
        await ann.api.post('/conversations/read', { channelId: id, seq: 1 });
        for (const client of clients) {
          expect((await client.next('conversation.updated')).data).toMatchObject({ account_seq: 3 });
        }
        await ann.api.patch('/users/settings', { receipts: false });
        for (const client of clients) {
          const { seq, data } = await client.next('account.updated');
          expect(seq).toBe(4);
          expect(data).toMatchObject({ user: { id: ann.id }, settings: { receipts: false }, blocked: [] });
        }
        await bob.elsewhere.delete(`/channels/${id}/users`, { userId: ann.id });
        for (const client of clients) {
          const { seq, data } = await client.next('conversation.removed');
          expect([seq, data]).toEqual([5, { channel_id: id, reason: 'removed' }]);
        }
        for (const other of others) await other.fence();
        expect(
          others.flatMap((other) => framesOf(other, FRAMES, id)).filter(({ data }) => data.role !== 'owner'),
        ).toEqual([]);
      });

      test('brings after an absence each conversation once, as it is now, by its latest number', async () => {
        const { bob } = people;
        const ann = await register(service, 'ann');
        const [kept, left] = [await group(bob, ann), await group(bob, ann)];
        await ann.api.patch(`/conversations/c${kept}`, { favourite: true });
        await ann.api.post(`/channels/${left}/leave`);
        await ann.api.patch('/users/settings', { receipts: false });
        const client = await connect(ann, 1);
        expect(await client.call('account.join', { since: 0 })).toMatchObject({ last_seq: 5 });
        await client.next('account.updated');
        const all = [
          ['conversation.updated', 3, kept],
          ['conversation.removed', 4, left],
          ['account.updated', 5, undefined],
        ];
        expect(brief(client)).toEqual(all);
        const again = await connect(ann, 0);
        expect(await again.call('account.join', { since: 3 })).toMatchObject({ last_seq: 5 });
        const added = await group(bob, ann);
        await again.next('conversation.updated');
        expect(brief(again)).toEqual([...all.slice(1), ['conversation.updated', 6, added]]);
        await client.next(({ seq, data }) => seq === 6 && data.channel_id === added);
        expect(await again.refused('account.join', { since: 7 })).toMatchObject({ code: 'VALIDATION_FAILED' });
      });
    });
  });
}
