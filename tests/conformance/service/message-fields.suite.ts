// What a message may carry besides its text and file: what it answers, and whether it is silent. Each is the same live,
// in a catch-up and over REST, and none is there where it was not set.
import { describe, expect, test } from 'vitest';
import { type ChatClient, TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector, joined } from './kit/live.ts';
import { cast, group, type Person, say, tell, unique } from './kit/people.ts';
import { expectFailure, failedFields } from './kit/rest.ts';
import type { Message } from './kit/wire.ts';

const UNKNOWN_ID = 2_000_000_000;

export function messageFieldsSuite(service: Service): void {
  describe('fields of a message', () => {
    const people = cast(service, 'owner', 'member', 'stranger');
    const post = (who: Person, body: object) => who.api.post<Message>('/messages', body);
    const remove = (who: Person, id: number) => who.api.delete(`/messages/${id}`);
    const some = (who: Person, ids: unknown) => who.elsewhere.get<Message[]>(`/messages?ids=${ids}`);
    const replies = (who: Person, id: number, query = '') =>
      who.elsewhere.get<Message[]>(`/messages/${id}/replies${query}`);

    describe.each(TRANSPORTS)('over %s', (transport) => {
      const connect = connector(service, transport);

      /** The next message that is told, as REST, a page and a catch-up have it too. */
      async function told(client: ChatClient, channelId: number): Promise<Message & Record<string, unknown>> {
        const { data, seq = 0 } = await client.next('channel.message');
        const late = await connect(people.owner, 1);
        await late.call('channel.join', { channel_id: channelId, since: seq - 1 });
        expect((await late.next('channel.message')).data).toEqual(data);
        const { data: page } = await people.owner.api.get<Message[]>(`/messages/channel/${channelId}`);
        const { data: read } = await people.owner.elsewhere.get<Message>(`/messages/${data.id}`);
        expect(page.at(-1)).toEqual(read);
        const { replyToId, silent } = read as unknown as Record<string, unknown>;
        expect([data.reply_to_id, data.silent]).toEqual([replyToId, silent]);
        return read as Message & Record<string, unknown>;
      }

      test('a reply points to the message that it answers', async () => {
        const { owner, member } = people;
        const channelId = await group(owner, member);
        const { id } = await say(owner, channelId, 'a question');
        const [live, client] = [await joined(connect, owner, channelId, 1), await connect(member)];
        await client.call('channel.message', { channel_id: channelId, text: 'an answer', reply_to_id: `${id}` });
        expect(await told(live, channelId)).toMatchObject({ text: 'an answer', replyToId: id });
      });

      test('a silent message says so', async () => {
        const { owner, member } = people;
        const channelId = await group(owner, member);
        const [live, client] = [await joined(connect, owner, channelId, 1), await connect(member)];
        await client.call('channel.message', { channel_id: channelId, text: 'hush', silent: true });
        expect(await told(live, channelId)).toMatchObject({ text: 'hush', silent: true });
      });

      test.each([{}, { reply_to_id: null, silent: null }, { silent: false }])(
        'with %j nothing is there',
        async (none) => {
          const { owner, member } = people;
          const channelId = await group(owner, member);
          const [live, client] = [await joined(connect, owner, channelId, 1), await connect(member)];
          await client.call('channel.message', { channel_id: channelId, text: 'plain', ...none });
          const shown = await told(live, channelId);
          for (const name of ['replyToId', 'silent']) expect(shown).not.toHaveProperty(name);
          for (const name of ['reply_to_id', 'silent']) expect(live.frames.at(-1)?.data).not.toHaveProperty(name);
        },
      );

      test('what cannot be is refused', async () => {
        const { owner, member } = people;
        const channelId = await group(owner, member);
        const client = await connect(member);
        const refused = (more: object) =>
          client.refused('channel.message', { channel_id: channelId, text: 'x', ...more });
        expect(await refused({ reply_to_id: UNKNOWN_ID })).toMatchObject({ code: 'MESSAGE_NOT_FOUND' });
        for (const more of [
          { reply_to_id: 0 },
          { reply_to_id: 'x' },
          { reply_to_id: [1] },
          { silent: 1 },
          { silent: 'true' },
        ]) {
          expect(await refused(more)).toMatchObject({
            code: 'VALIDATION_FAILED',
            details: [{ path: Object.keys(more)[0] }],
          });
        }
        expect((await say(owner, channelId)).seq).toBe(1);
      });
    });

    test('a reply, and nothing else, is no message', async () => {
      const { owner } = people;
      const { id } = await tell(owner, owner);
      const body = { receiverId: owner.id, replyToId: id, silent: true };
      expect(failedFields(await post(owner, body))).toEqual(['text']);
    });

    test('one answers only what is in the same conversation, and there', async () => {
      const { owner, member, stranger } = people;
      const [channelId, otherId] = [await group(owner, member), await group(owner, stranger)];
      const [here, elsewhere, direct] = [
        await say(owner, channelId),
        await say(owner, otherId),
        await tell(owner, member),
      ];
      const gone = await say(owner, channelId);
      await remove(owner, gone.id);
      for (const { id } of [elsewhere, direct, gone]) {
        expectFailure(await post(member, { channelId, text: 'x', replyToId: id }), 404, 'MESSAGE_NOT_FOUND');
      }
      expectFailure(
        await post(member, { receiverId: owner.id, text: 'x', replyToId: here.id }),
        404,
        'MESSAGE_NOT_FOUND',
      );
      // Who may not write there learns no more than without a reply.
      for (const replyToId of [elsewhere.id, UNKNOWN_ID]) {
        expectFailure(await post(member, { channelId: otherId, text: 'x', replyToId }), 404, 'CHANNEL_NOT_FOUND');
      }
      expect((await post(member, { channelId, text: 'x', replyToId: here.id })).data).toMatchObject({
        seq: 4,
        replyToId: here.id,
      });
      const psst = await post(member, { receiverId: owner.id, text: 'psst', replyToId: direct.id });
      expect(psst.data).toMatchObject({ replyToId: direct.id });
    });

    test('a refused reply costs no other message its place', async () => {
      const { owner } = people;
      const channelId = await group(owner);
      const sent = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          post(owner, { channelId, text: `${n}`, ...(n % 2 === 0 && { replyToId: UNKNOWN_ID }) }),
        ),
      );
      const stored = sent.filter(({ status }) => status === 201).map(({ data }) => data.seq);
      expect(stored.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });

    test('a repeated reply is the one that was stored, also when what it answers is deleted since', async () => {
      const { owner } = people;
      const channelId = await group(owner);
      const { id } = await say(owner, channelId);
      const body = { channelId, text: 'reply', replyToId: id, silent: true, clientId: unique() };
      const first = await post(owner, body);
      await remove(owner, id);
      const again = await post(owner, body);
      expect(again.status).toBe(200);
      expect(again.data).toEqual(first.data);
      expect(again.data).toMatchObject({ replyToId: id, silent: true });
    });

    test('the replies to a message come page by page, without those that are deleted', async () => {
      const { owner, member } = people;
      const channelId = await group(owner, member);
      const { id } = await say(owner, channelId);
      expect((await replies(member, id)).data).toEqual([]);
      const sent: number[] = [];
      for (let n = 0; n < 5; n++) sent.push((await say(member, channelId, `${n}`, { replyToId: id })).id);
      await say(member, channelId, 'no reply');
      await remove(member, sent[2] as number);
      const ids = [sent[0], sent[1], sent[3], sent[4]];
      const idsOf = async (query?: string) => (await replies(owner, id, query)).data.map((message) => message.id);
      expect(await idsOf()).toEqual(ids);
      expect(await idsOf('?limit=2')).toEqual(ids.slice(2));
      expect(await idsOf(`?limit=2&before=${ids[2]}`)).toEqual(ids.slice(0, 2));
      expect(await idsOf(`?limit=2&after=${ids[0]}`)).toEqual(ids.slice(1, 3));
      const { body } = await replies(owner, id, '?limit=3');
      expect(body.pagination).toEqual({ limit: 3, before: null, after: null, hasMore: true });
      expect(body.data[0]).toEqual((await some(owner, ids[1])).data[0]);
    });

    test('the replies to a message are for its parties, while it is there', async () => {
      const { owner, member, stranger } = people;
      const { id } = await tell(owner, member);
      await tell(member, owner, 'reply', { replyToId: id });
      for (const party of [owner, member]) expect((await replies(party, id)).data).toHaveLength(1);
      expectFailure(await replies(stranger, id), 404, 'MESSAGE_NOT_FOUND');
      expectFailure(await replies(owner, UNKNOWN_ID), 404, 'MESSAGE_NOT_FOUND');
      expect(failedFields(await owner.api.get('/messages/x/replies'))).toEqual(['id']);
      await remove(owner, id);
      expectFailure(await replies(owner, id), 404, 'MESSAGE_NOT_FOUND');
    });

    test('messages by their ids: those that one may read, by id', async () => {
      const { owner, member, stranger } = people;
      const [mine, other] = [await group(owner, member), await group(stranger)];
      const [first, foreign, direct] = [await say(member, mine), await say(stranger, other), await tell(member, owner)];
      const [gone, between] = [await say(owner, mine), await tell(stranger, member)];
      await remove(owner, gone.id);
      const ids = [direct, foreign, first, gone, between, first].map(({ id }) => id);
      expect((await some(owner, [...ids, UNKNOWN_ID])).data).toEqual([first, direct]);
      expect((await some(stranger, ids)).data).toEqual([foreign, between]);
      await member.api.post(`/channels/${mine}/leave`, {});
      expect((await some(member, ids)).data).toEqual([direct, between]);
    });

    test('messages by their ids are at most 100', async () => {
      const ids = (count: number) => Array.from({ length: count }, (_, n) => UNKNOWN_ID + n);
      expect((await some(people.owner, ids(100))).data).toEqual([]);
      for (const wrong of [ids(101), '', 'x', '1,', '1,,2', '0', '1.5', 4_294_967_296]) {
        expect(failedFields(await some(people.owner, wrong))).toEqual(['ids']);
      }
      expect(failedFields(await people.owner.api.get('/messages'))).toEqual(['ids']);
    });
  });
}
