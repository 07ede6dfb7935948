// Reactions: told to all who are live on every node, part of the message everywhere else, and one count for everybody.
import { describe, expect, test } from 'vitest';
import { type ChatClient, type ServerFrame, TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { type Connect, connector, framesOf, joined, settled } from './kit/live.ts';
import { cast, group, type Person, say, tell } from './kit/people.ts';
import { expectFailure, failedFields } from './kit/rest.ts';
import type { Message } from './kit/wire.ts';

interface Counts {
  emoji: string;
  count: number;
  userIds: number[];
}
type Reacted = Message & { reactions?: Counts[] };

const path = (id: number, emoji: string, more = '') => `/messages/${id}/reactions/${encodeURIComponent(emoji)}${more}`;
const add = (who: Person, id: number, emoji: string, more = '') => who.api.put<Counts[]>(path(id, emoji, more));
const remove = (who: Person, id: number, emoji: string) => who.elsewhere.delete<Counts[]>(path(id, emoji));
const detail = async (who: Person, id: number) => (await who.elsewhere.get<Reacted>(`/messages/${id}`)).data;
const snake = (counts: Counts[] = []) =>
  counts.map(({ emoji, count, userIds }) => ({ emoji, count, user_ids: userIds }));

export function reactionsSuite(service: Service): void {
  describe('reactions', () => {
    const people = cast(service, 'ann', 'bob', 'cy', 'stranger');

    describe('over REST', () => {
      test('are in the answer, the message and the page; its time stays', async () => {
        const { ann, bob } = people;
        const channelId = await group(ann, bob);
        const message = await say(ann, channelId);
        expect('reactions' in message).toBe(false);
        const one = { emoji: '👍', count: 1, userIds: [bob.id] };
        expect((await add(bob, message.id, '👍')).data).toEqual([one]);
        const both = [{ emoji: '👍', count: 2, userIds: [bob.id, ann.id] }];
        expect((await add(ann, message.id, '👍')).data).toEqual(both);
        const now = { ...message, updatedSeq: 3, reactions: both };
        expect(await detail(bob, message.id)).toEqual(now);
        expect((await bob.api.get<Reacted[]>(`/messages/channel/${channelId}`)).data).toEqual([now]);
        expect((await remove(ann, message.id, '👍')).data).toEqual([one]);
        expect((await remove(bob, message.id, '👍')).data).toEqual([]);
        expect(await detail(bob, message.id)).toEqual({ ...message, updatedSeq: 5 });
      });

      test('change nothing where there is nothing to change', async () => {
        const { ann, bob } = people;
        const { id } = await say(ann, await group(ann, bob));
        await add(bob, id, '👍');
        for (const again of [add(bob, id, '👍'), add(bob, id, '👍', '?replace=true'), remove(ann, id, '👍')]) {
          expect((await again).data).toMatchObject([{ count: 1 }]);
        }
        expect((await detail(ann, id)).updatedSeq).toBe(2);
      });

      test.each([
        ['/'],
        ['%'],
        ['any words'],
        ['👩‍❤️‍👨'],
        ['🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}'],
        ['x'.repeat(64)],
      ])('may be %j', async (emoji) => {
        const { id } = await say(people.ann, await group(people.ann));
        expect((await add(people.ann, id, emoji)).data).toMatchObject([{ emoji, count: 1 }]);
        expect((await remove(people.ann, id, emoji)).data).toEqual([]);
      });

      test('are one whether composed or not, with or without U+FE0F, but for each skin', async () => {
        const { ann, bob, cy } = people;
        const { id } = await say(ann, await group(ann, bob, cy));
        await add(ann, id, 'e\u0301');
        await add(bob, id, '\u00e9');
        await add(ann, id, '❤');
        await add(bob, id, '❤\uFE0F');
        await add(bob, id, '👍');
        await add(cy, id, '👍🏽');
        const { reactions } = await detail(ann, id);
        expect(reactions?.map(({ emoji, count }) => [emoji, count])).toEqual([
          ['\u00e9', 2],
          ['❤', 2],
          ['👍', 1],
          ['👍🏽', 1],
        ]);
        expect((await remove(ann, id, '❤\uFE0F')).data).toMatchObject([{}, { emoji: '❤', count: 1 }, {}, {}]);
      });

      test.each([['x'.repeat(65)], ['\u0007'], ['\u0000'], ['a\nb'], ['\u0085']])(
        'are refused as %j',
        async (emoji) => {
          const { id } = await say(people.ann, await group(people.ann));
          expect(failedFields(await add(people.ann, id, emoji))).toEqual(['emoji']);
          expect((await detail(people.ann, id)).updatedSeq).toBe(1);
        },
      );

      test('have bounds, which the answer names', async () => {
        const { ann, bob, cy } = people;
        const { id } = await say(ann, await group(ann, bob, cy));
        for (const emoji of ['a', 'b', 'c']) await add(ann, id, emoji);
        const refused = await add(ann, id, 'd');
        expectFailure(refused, 409, 'LIMIT_REACHED');
        expect(refused.body).toMatchObject({ details: [{ path: 'reactionsOfUser' }] });
        expect((await add(ann, id, 'd', '?replace=true')).data).toEqual([{ emoji: 'd', count: 1, userIds: [ann.id] }]);
      });

      test('are for the parties of a conversation, and of no deleted message', async () => {
        const { ann, bob, stranger } = people;
        const [inChannel, direct] = [await say(ann, await group(ann, bob)), await tell(ann, bob)];
        for (const { id } of [inChannel, direct, { id: 2_000_000_000 }]) {
          expectFailure(await add(stranger, id, '👍'), 404, 'MESSAGE_NOT_FOUND');
          expectFailure(await remove(stranger, id, '👍'), 404, 'MESSAGE_NOT_FOUND');
          expectFailure(await stranger.api.get(`/messages/${id}/reactions`), 404, 'MESSAGE_NOT_FOUND');
        }
        await add(bob, direct.id, '👍');
        await ann.api.delete(`/messages/${direct.id}`);
        expectFailure(await add(bob, direct.id, '👍'), 404, 'MESSAGE_NOT_FOUND');
        expectFailure(await bob.api.get(`/messages/${direct.id}/reactions`), 404, 'MESSAGE_NOT_FOUND');
      });

      test('say who, and which are one’s own', async () => {
        const { ann, bob, stranger } = people;
        const channelId = await group(ann, bob);
        const [first, second] = [await say(ann, channelId), await say(ann, channelId)];
        await add(bob, first.id, '👍');
        await add(ann, first.id, '👍');
        await add(bob, second.id, '🎉');
        const who = (await ann.elsewhere.get<object[]>(`/messages/${first.id}/reactions?emoji=%F0%9F%91%8D`)).data;
        const named = ({ id, username, avatar }: Person) => ({ userId: id, username, avatar, emoji: '👍' });
        // By the ids of the users, who registered at the same time.
        const [one, other] = [ann, bob].sort((a, b) => a.id - b.id) as [Person, Person];
        expect(who).toMatchObject([named(one), named(other)]);
        const next = await ann.api.get<object[]>(`/messages/${first.id}/reactions?limit=1&after=${one.id}`);
        expect(next.data).toMatchObject([named(other)]);
        const mine = (query: string, person = bob) =>
          person.elsewhere.get(`/reactions/mine?channelId=${channelId}${query}`);
        expect((await mine('')).data).toEqual([
          { messageId: first.id, emoji: '👍' },
          { messageId: second.id, emoji: '🎉' },
        ]);
        expect((await mine(`&from=${second.seq}&to=${second.seq}`)).data).toEqual([
          { messageId: second.id, emoji: '🎉' },
        ]);
        expectFailure(await mine('', stranger), 404, 'CHANNEL_NOT_FOUND');
        expectFailure(await bob.api.get('/reactions/mine?userId=2000000000'), 404, 'USER_NOT_FOUND');
        expect(failedFields(await bob.api.get('/reactions/mine'))).toEqual(['channelId']);
        const direct = await tell(ann, bob);
        await add(bob, direct.id, '🙂');
        const own = (await bob.api.get<object[]>(`/reactions/mine?userId=${ann.id}&from=${direct.seq}`)).data;
        expect(own).toEqual([{ messageId: direct.id, emoji: '🙂' }]);
      });
    });

    describe.each(TRANSPORTS)('over %s', (transport) => {
      const connect: Connect = connector(service, transport);

      test('are told to all who are live, with what changed', async () => {
        const { ann, bob } = people;
        const channelId = await group(ann, bob);
        const { id } = await say(ann, channelId);
        const live = [await joined(connect, ann, channelId, 0), await joined(connect, bob, channelId, 1)];
        expect(await live[1]?.call('reaction.add', { message_id: `${id}`, emoji: '👍' })).toEqual({ updated_seq: 2 });
        const identity = { id, seq: 1, updated_seq: 2, channel_id: channelId };
        const reactions = [{ emoji: '👍', count: 1, user_ids: [bob.id] }];
        for (const each of live) {
          const { seq, data } = await each.next('message.reacted');
          expect([seq, data]).toEqual([
            2,
            { ...identity, reactions, changes: [{ user_id: bob.id, emoji: '👍', action: 'added' }] },
          ]);
        }
        expect(await live[1]?.call('reaction.add', { message_id: id, emoji: '👍' })).toEqual({ updated_seq: 2 });
        expect(await live[1]?.call('reaction.add', { message_id: id, emoji: '🎉', replace: true })).toEqual({
          updated_seq: 3,
        });
        expect((await live[0]?.next('message.reacted'))?.data.changes).toEqual([
          { user_id: bob.id, emoji: '👍', action: 'removed' },
          { user_id: bob.id, emoji: '🎉', action: 'added' },
        ]);
        expect(await live[1]?.call('reaction.remove', { message_id: id, emoji: '🎉' })).toEqual({ updated_seq: 4 });
        expect((await live[0]?.next('message.reacted'))?.data).toMatchObject({ reactions: [], updated_seq: 4 });
        await settled(channelId, ann, ...live);
        for (const each of live) expect(framesOf(each, 'message.reacted')).toHaveLength(3);
      });

      test('to a direct message are told to both, and come in a catch-up as the message', async () => {
        const { ann, bob } = people;
        const live = [await connect(ann, 1), await connect(bob, 0)];
        const message = await tell(ann, bob);
        for (const each of live) await each.next(({ data }) => data.id === message.id);
        await live[1]?.call('reaction.add', { message_id: message.id, emoji: '👍' });
        for (const each of live) {
          expect((await each.next('message.reacted')).data).toMatchObject({ id: message.id, receiver_id: bob.id });
        }
        const late = await connect(ann, 0);
        await late.call('direct.join', { user_id: bob.id, since: message.seq });
        const { data } = await late.next('message.updated');
        expect(data).toMatchObject({ id: message.id, reactions: [{ emoji: '👍', count: 1, user_ids: [bob.id] }] });
      });

      test('are refused in frames as over REST', async () => {
        const { ann, stranger } = people;
        const { id } = await say(ann, await group(ann));
        const client = await connect(stranger);
        for (const type of ['reaction.add', 'reaction.remove']) {
          const refused = (data: object) => client.refused(type, data);
          expect(await refused({ message_id: id, emoji: '👍' })).toMatchObject({ code: 'MESSAGE_NOT_FOUND' });
          for (const data of [{ message_id: id }, { emoji: '👍' }, { message_id: id, emoji: 'x'.repeat(65) }]) {
            expect(await refused(data)).toMatchObject({ code: 'VALIDATION_FAILED' });
          }
        }
        const own = await connect(ann, 1);
        for (const emoji of ['a', 'b', 'c']) await own.call('reaction.add', { message_id: id, emoji });
        expect(await own.refused('reaction.add', { message_id: id, emoji: 'd' })).toMatchObject({
          code: 'LIMIT_REACHED',
          details: [{ path: 'reactionsOfUser' }],
        });
      });
    });

    const open = TRANSPORTS.map((transport) => connector(service, transport));
    test('at random are the same to everybody: in the list, the message, a catch-up and every live client', async () => {
      const everybody = Object.values(people).slice(0, 3);
      const channelId = await group(...(everybody as [Person, ...Person[]]));
      const { id } = await say(people.ann, channelId);
      const live = await Promise.all(
        everybody.flatMap((who, i) => open.map((connect) => joined(connect, who, channelId, i % 2))),
      );
      const work = Array.from({ length: 240 }, (_, i) => {
        const client = live[(i * 7) % live.length] as ChatClient;
        const [type, emoji] = [i % 5 === 4 ? 'reaction.remove' : 'reaction.add', 'abcdefg'[(i * 11) % 7] as string];
        return client.call(type, { message_id: id, emoji, replace: i % 3 === 0 }).catch(() => {});
      });
      await Promise.all(work);
      await settled(channelId, people.ann, ...live);

      const { reactions = [], updatedSeq } = await detail(people.bob, id);
      const listed = (await people.cy.elsewhere.get<{ emoji: string }[]>(`/messages/${id}/reactions?limit=100`)).data;
      const counted = new Map<string, number>();
      for (const { emoji } of listed) counted.set(emoji, (counted.get(emoji) ?? 0) + 1);
      expect(new Map(reactions.map(({ emoji, count }) => [emoji, count]))).toEqual(counted);
      for (const each of live) {
        // What a node read from the log, because it was told too late, comes as the message; replaced numbers are left out.
        const events = framesOf(each, ['message.reacted', 'message.updated'], channelId);
        const seqs = events.map(({ seq }) => seq as number);
        expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
        const last = events.at(-1) as ServerFrame;
        expect([last.seq, last.data.reactions ?? []]).toEqual([updatedSeq, snake(reactions)]);
        const told = events.filter(({ type }) => type === 'message.reacted');
        if (told.length === updatedSeq - 1) {
          expect(new Map([...sums(told)].filter(([, count]) => count > 0))).toEqual(counted);
        }
      }
      const late = await (open[0] as Connect)(people.bob, 1);
      await late.call('channel.join', { channel_id: channelId, since: 1 });
      const { seq, data } = await late.next('message.updated');
      expect([seq, data.reactions ?? []]).toEqual([updatedSeq, snake(reactions)]);
    });
  });
}

/** What the changes of these frames add up to. */
function sums(events: readonly ServerFrame[]): Map<string, number> {
  const counted = new Map<string, number>();
  for (const { data } of events) {
    for (const { emoji, action } of data.changes as { emoji: string; action: string }[]) {
      counted.set(emoji, (counted.get(emoji) ?? 0) + (action === 'added' ? 1 : -1));
    }
  }
  return counted;
}
