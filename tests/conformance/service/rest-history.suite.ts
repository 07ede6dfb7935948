// Reading back over REST: pages of a channel or of a pair, and the list of conversations.
import { beforeAll, describe, expect, test } from 'vitest';
import type { Service } from '../../support/service-under-test.ts';
import { cast, group, type Person, register, say, tell } from './kit/people.ts';
import { expectFailure, failedFields } from './kit/rest.ts';
import { type Conversation, isoTime, type Message } from './kit/wire.ts';

const UNKNOWN_ID = 2_000_000_000;

/** A conversation that has pages: where they are, who reads them, and what is in it, oldest first. */
interface Paged {
  path: string;
  reader: Person;
  ids: number[];
}

export function historySuite(service: Service): void {
  describe('history', () => {
    const people = cast(service, 'owner', 'member', 'stranger');

    const kinds: [string, () => Promise<Paged>][] = [
      [
        'a channel',
        async () => {
          const { owner, member } = people;
          const channelId = await group(owner, member);
          const ids: number[] = [];
          for (let n = 0; n < 25; n++) ids.push((await say(n % 2 ? owner : member, channelId)).id);
          return { path: `/messages/channel/${channelId}`, reader: member, ids };
        },
      ],
      [
        'a pair of users',
        async () => {
          const { owner } = people;
          const friend = await register(service, 'friend');
          const ids: number[] = [];
          for (let n = 0; n < 25; n++) ids.push((await (n % 2 ? tell(owner, friend) : tell(friend, owner))).id);
          return { path: `/messages/friend/${friend.id}`, reader: owner, ids };
        },
      ],
    ];

    describe.each(kinds)('the pages of %s', (_, make) => {
      let paged: Paged;
      beforeAll(async () => {
        paged = await make();
      });
      const page = (query = '') => paged.reader.elsewhere.get<Message[]>(`${paged.path}${query}`);
      const idsOf = async (query?: string) => (await page(query)).data.map((message) => message.id);
      const id = (index: number) => paged.ids.at(index) as number;

      test('begin with the newest 20, oldest first', async () => {
        const reply = await page();
        expect(reply.status).toBe(200);
        expect(reply.data.map((message) => message.id)).toEqual(paged.ids.slice(-20));
        expect(reply.body).toEqual({
          success: true,
          data: reply.data,
          pagination: { limit: 20, before: null, after: null, hasMore: true },
        });
        const one = await paged.reader.api.get<Message>(`/messages/${id(-1)}`);
        expect(reply.data.at(-1)).toEqual(one.data);
      });

      test('have everything in a page that is large enough, and say that there is no more', async () => {
        const reply = await page('?limit=100');
        expect(reply.data.map((message) => message.id)).toEqual(paged.ids);
        expect(reply.body.pagination).toEqual({ limit: 100, before: null, after: null, hasMore: false });
        expect((await page('?limit=25')).body.pagination?.hasMore).toBe(false);
        expect((await page('?limit=24')).body.pagination?.hasMore).toBe(true);
      });

      test('before a message are the newest older ones', async () => {
        const reply = await page(`?limit=5&before=${id(10)}`);
        expect(reply.data.map((message) => message.id)).toEqual(paged.ids.slice(5, 10));
        expect(reply.body.pagination).toEqual({ limit: 5, before: id(10), after: null, hasMore: true });
        const last = await page(`?limit=5&before=${id(5)}`);
        expect(last.data.map((message) => message.id)).toEqual(paged.ids.slice(0, 5));
        expect(last.body.pagination?.hasMore).toBe(false);
        expect(await idsOf(`?before=${id(0)}`)).toEqual([]);
      });

      test('after a message are the oldest newer ones', async () => {
        const reply = await page(`?limit=5&after=${id(10)}`);
        expect(reply.data.map((message) => message.id)).toEqual(paged.ids.slice(11, 16));
        expect(reply.body.pagination).toEqual({ limit: 5, before: null, after: id(10), hasMore: true });
        const last = await page(`?limit=5&after=${id(19)}`);
        expect(last.data.map((message) => message.id)).toEqual(paged.ids.slice(20));
        expect(last.body.pagination?.hasMore).toBe(false);
        const none = await page(`?after=${id(-1)}`);
        expect(none.body).toMatchObject({ data: [], pagination: { hasMore: false } });
      });

      test('walked back from the newest give every message once', async () => {
        const all: number[] = [];
        for (let query = '?limit=7'; ; query = `?limit=7&before=${all[0]}`) {
          const reply = await page(query);
          all.unshift(...reply.data.map((message) => message.id));
          if (!reply.body.pagination?.hasMore) break;
        }
        expect(all).toEqual(paged.ids);
      });

      test.each([
        ['limit=0', 'limit'],
        ['limit=101', 'limit'],
        ['limit=-1', 'limit'],
        ['limit=many', 'limit'],
        ['limit=1.5', 'limit'],
        ['before=x', 'before'],
        ['before=-1', 'before'],
        ['after=1.5', 'after'],
        ['after=99999999999', 'after'],
      ])('are refused with %s', async (query, field) => {
        expect(failedFields(await page(`?${query}`))).toEqual([field]);
      });

      test('are refused with before and after together', async () => {
        expectFailure(await page(`?before=${id(5)}&after=${id(1)}`), 400, 'VALIDATION_FAILED');
      });

      test('take a limit of 1', async () => {
        expect(await idsOf('?limit=1')).toEqual([id(-1)]);
      });
    });

    test('deleted messages are in no page, but one can read on from their ids', async () => {
      const { owner } = people;
      const channelId = await group(owner);
      const ids: number[] = [];
      for (let n = 0; n < 5; n++) ids.push((await say(owner, channelId)).id);
      await owner.api.delete(`/messages/${ids[2]}`);
      const page = async (query: string) => {
        const reply = await owner.elsewhere.get<Message[]>(`/messages/channel/${channelId}?${query}`);
        return [reply.data.map((message) => message.id), reply.body.pagination?.hasMore];
      };
      expect(await page('limit=4')).toEqual([[ids[0], ids[1], ids[3], ids[4]], false]);
      expect(await page(`before=${ids[2]}`)).toEqual([[ids[0], ids[1]], false]);
      expect(await page(`after=${ids[2]}`)).toEqual([[ids[3], ids[4]], false]);
    });

    test('pages have edited messages at their old place, as they are now', async () => {
      const { owner } = people;
      const channelId = await group(owner);
      const [first, second] = [await say(owner, channelId), await say(owner, channelId)];
      await owner.api.patch(`/messages/${first.id}`, { text: 'edited' });
      const { data } = await owner.elsewhere.get<Message[]>(`/messages/channel/${channelId}`);
      expect(data).toMatchObject([{ id: first.id, text: 'edited', seq: 1, updatedSeq: 3 }, { id: second.id }]);
    });

    test('a channel is read by its members only', async () => {
      const channelId = await group(people.owner);
      expectFailure(await people.stranger.api.get(`/messages/channel/${channelId}`), 404, 'CHANNEL_NOT_FOUND');
      expectFailure(await people.owner.api.get(`/messages/channel/${UNKNOWN_ID}`), 404, 'CHANNEL_NOT_FOUND');
      expect(failedFields(await people.owner.api.get('/messages/channel/x'))).toEqual(['id']);
    });

    test('a pair has the direct messages of these two and of nobody else', async () => {
      const [ann, bob, carl] = await Promise.all(['ann', 'bob', 'carl'].map((name) => register(service, name)));
      if (!ann || !bob || !carl) throw new Error('nobody');
      const ids = [(await tell(ann, bob)).id, (await tell(bob, ann)).id];
      await tell(carl, ann);
      await tell(bob, carl);
      await say(ann, await group(ann, bob));
      const page = async (who: Person, whom: { id: number }) =>
        (await who.api.get<Message[]>(`/messages/friend/${whom.id}`)).data.map((message) => message.id);
      expect(await page(ann, bob)).toEqual(ids);
      expect(await page(bob, ann)).toEqual(ids);
      expect(await page(ann, ann)).toEqual([]);
      expectFailure(await ann.api.get(`/messages/friend/${UNKNOWN_ID}`), 404, 'USER_NOT_FOUND');
      expect(failedFields(await ann.api.get('/messages/friend/x'))).toEqual(['friendId']);
    });

    describe('the conversations', () => {
      const list = async (who: Person) => (await who.elsewhere.get<Conversation[]>('/conversations')).data;

      test('are all channels and direct pairs, the latest event first, with their last numbers', async () => {
        const [ann, bob] = await Promise.all([register(service, 'ann'), register(service, 'bob')]);
        const quiet = await group(ann);
        const busy = await group(bob, ann);
        const first = await say(bob, busy);
        await tell(ann, bob);
        await tell(bob, ann);
        await tell(ann, ann);
        const at = { lastEventAt: isoTime() };
        const [own, pair, channel] = [
          { channelId: null, userId: ann.id, lastSeq: 1, ...at },
          { channelId: null, userId: bob.id, lastSeq: 2, ...at },
          { channelId: busy, userId: null, lastSeq: 1, ...at },
        ];
        const none = { channelId: quiet, userId: null, lastSeq: 0, lastEventAt: null };
        expect(await list(ann)).toMatchObject([own, pair, channel, none]);
        expect(await list(bob)).toMatchObject([{ userId: ann.id, lastSeq: 2 }, { channelId: busy }]);

        await bob.api.patch(`/messages/${first.id}`, { text: 'edited' });
        expect(await list(ann)).toMatchObject([{ ...channel, lastSeq: 2 }, own, pair, none]);
        await bob.api.delete(`/messages/${first.id}`);
        expect((await list(ann))[0]).toMatchObject({ ...channel, lastSeq: 3 });
        const [latest] = await list(ann);
        expect(Math.abs(Date.parse(latest?.lastEventAt ?? '') - Date.now())).toBeLessThan(60_000);
      });

      test('are none for a new user, and end with the membership', async () => {
        const ann = await register(service, 'ann');
        const reply = await ann.api.get<Conversation[]>('/conversations');
        expect(reply.status).toBe(200);
        expect(reply.body).toEqual({ success: true, data: [] });
        const channelId = await group(people.owner, ann);
        expect(await list(ann)).toHaveLength(1);
        await ann.api.post(`/channels/${channelId}/leave`);
        expect(await list(ann)).toEqual([]);
      });
    });
  });
}
