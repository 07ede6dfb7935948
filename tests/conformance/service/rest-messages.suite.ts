// Messages over REST: sending them, their numbers, and the clientId that makes it safe to send again.
import { describe, expect, test } from 'vitest';
import { connect } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { cast, group, PASSWORD, type Person, register, say, tell, unique } from './kit/people.ts';
import { expectFailure } from './kit/rest.ts';
import { anInteger, type ChannelDetail, isoTime, type Message } from './kit/wire.ts';

const UNKNOWN_ID = 2_000_000_000;

export function messagesSuite(service: Service): void {
  describe('messages', () => {
    const people = cast(service, 'owner', 'member', 'stranger', 'admin');
    const post = (who: Person, body: object) => who.api.post<Message>('/messages', body);
    const read = (who: Person, id: number) => who.elsewhere.get<Message>(`/messages/${id}`);
    const edit = (who: Person, id: number, text: unknown) => who.api.patch<Message>(`/messages/${id}`, { text });
    const remove = (who: Person, id: number) => who.api.delete(`/messages/${id}`);

    describe('sending', () => {
      test('to a channel gives the message with its number', async () => {
        const { owner, member } = people;
        const channelId = await group(owner, member);
        const reply = await post(member, { channelId, text: 'Grüße, 世界 👋' });
        expect(reply.status).toBe(201);
        const { createdAt } = reply.data;
        expect(reply.body).toEqual({
          success: true,
          data: {
            id: anInteger(),
            seq: 1,
            updatedSeq: 1,
            type: 'text',
            senderId: member.id,
            senderName: member.username,
            senderAvatar: null,
            text: 'Grüße, 世界 👋',
            url: null,
            fileName: null,
            createdAt: isoTime(),
            updatedAt: createdAt,
            channelId,
            receiverId: null,
            clientId: null,
          },
        });
        expect(Math.abs(Date.parse(createdAt) - Date.now())).toBeLessThan(60_000);
        expect((await read(owner, reply.data.id)).body).toEqual(reply.body);
      });

      test('to a user gives a message that both can read', async () => {
        const { owner, member, stranger } = people;
        const reply = await post(owner, { receiverId: `${member.id}`, text: 'psst', clientId: unique() });
        expect(reply.status).toBe(201);
        expect(reply.data).toMatchObject({ channelId: null, receiverId: member.id, clientId: expect.any(String) });
        for (const party of [owner, member]) expect((await read(party, reply.data.id)).data).toEqual(reply.data);
        expectFailure(await read(stranger, reply.data.id), 404, 'MESSAGE_NOT_FOUND');
      });

      test('to oneself is fine', async () => {
        const reply = await post(people.owner, { receiverId: people.owner.id, text: 'note' });
        expect(reply.status).toBe(201);
        expect((await read(people.owner, reply.data.id)).data).toMatchObject({ receiverId: people.owner.id });
      });

      test.each([
        [{ text: 'x' }, 'text'],
        [{ fileName: 'a.jpg' }, 'image'],
        [{ fileName: 'a.jpeg' }, 'image'],
        [{ fileName: 'a.PNG' }, 'image'],
        [{ fileName: 'a.Gif' }, 'image'],
        [{ fileName: 'a.webp' }, 'image'],
        [{ fileName: 'a.pdf' }, 'file'],
        [{ fileName: 'jpg' }, 'file'],
        [{ fileName: 'a.png.zip', text: 'x' }, 'file'],
        [{ url: 'https://example.com/a.png' }, 'image'],
        [{ url: 'http://example.com/a.PNG?size=2#top' }, 'image'],
        [{ url: 'https://example.com/a.pdf?as=.png' }, 'file'],
        [{ url: 'https://example.com/' }, 'file'],
        [{ url: 'https://example.com/a.png', fileName: 'a.txt' }, 'file'],
        [{ url: 'https://example.com/a.txt', fileName: 'a.png', text: 'x' }, 'image'],
      ])('%j makes the type %s', async (content, type) => {
        const { data } = await post(people.owner, { receiverId: people.owner.id, ...content });
        expect(data).toMatchObject({ type, text: null, url: null, fileName: null, ...content });
      });

      test.each([
        ['neither channel nor receiver', { text: 'x' }],
        ['channel and receiver', { channelId: 1, receiverId: 1, text: 'x' }],
      ])('is refused with %s', async (_, body) => {
        expectFailure(await post(people.owner, body), 400, 'VALIDATION_FAILED');
      });

      test.each([
        ['no content', {}],
        ['empty content', { text: '', url: '', fileName: '' }],
        ['a text that is no string', { text: 1 }],
        ['a text of 10001 characters', { text: 'x'.repeat(10_001) }],
        ['another kind of address', { url: 'ftp://example.com/a' }],
        ['a script for an address', { url: 'javascript:alert(1)' }],
        ['no address', { url: 'example.com/a.png' }],
        ['an address of 501 characters', { url: `https://example.com/${'a'.repeat(481)}` }],
        ['a file name of 256 characters', { fileName: 'f'.repeat(256) }],
        ['a clientId of 65 characters', { text: 'x', clientId: 'c'.repeat(65) }],
        ['a clientId that is no string', { text: 'x', clientId: 7 }],
      ])('is refused with %s, and takes no number', async (_, content) => {
        const channelId = await group(people.owner);
        expectFailure(await post(people.owner, { channelId, ...content }), 400, 'VALIDATION_FAILED');
        expect((await say(people.owner, channelId)).seq).toBe(1);
      });

      test.each([
        { text: 'x'.repeat(10_000) },
        { url: `https://example.com/${'a'.repeat(480)}` },
        { fileName: 'f'.repeat(255) },
        { text: 'x', clientId: unique().padEnd(64, 'c') },
      ])('takes what is just within the limits', async (content) => {
        const reply = await post(people.owner, { receiverId: people.owner.id, ...content });
        expect(reply.status).toBe(201);
        expect(reply.data).toMatchObject(content);
      });

      test('is refused where one is no member, or where nobody is', async () => {
        const channelId = await group(people.owner);
        for (const [who, id] of [
          [people.stranger, channelId],
          [people.admin, channelId],
          [people.owner, UNKNOWN_ID],
        ] as const) {
          expectFailure(await post(who, { channelId: id, text: 'x' }), 404, 'CHANNEL_NOT_FOUND');
        }
        expectFailure(await post(people.owner, { receiverId: UNKNOWN_ID, text: 'x' }), 404, 'USER_NOT_FOUND');
        expect((await say(people.owner, channelId)).seq).toBe(1);
      });

      test('is always by the user of the token, whatever the body says', async () => {
        const channelId = await group(people.owner, people.member);
        const other = people.owner.id;
        const claim = {
          sender_id: other,
          senderId: other,
          user_id: other,
          userId: other,
          seq: 9,
          id: 9,
          createdAt: 'x',
        };
        const { data } = await post(people.member, { channelId, text: 'x', ...claim });
        expect(data).toMatchObject({ senderId: people.member.id, seq: 1 });
      });
    });

    describe('numbers', () => {
      test('run 1, 2, 3 without gaps, whoever writes at the same time, in the order of the ids', async () => {
        const { owner, member } = people;
        const channelId = await group(owner, member);
        const apis = [owner.api, owner.elsewhere, member.api, member.elsewhere];
        const sent = await Promise.all(
          Array.from({ length: 60 }, (_, index) =>
            apis[index % apis.length]?.post<Message>('/messages', { channelId, text: `${index}` }),
          ),
        );
        const messages = sent.flatMap((reply) => reply?.data ?? []).toSorted((a, b) => a.seq - b.seq);
        expect(messages.map((message) => message.seq)).toEqual(messages.map((_, index) => index + 1));
        expect(messages).toHaveLength(60);
        expect(messages.every((message) => message.updatedSeq === message.seq)).toBe(true);
      });

      test('count in each conversation by themselves, and for both directions of a pair', async () => {
        const [ann, bob] = await Promise.all([register(service, 'ann'), register(service, 'bob')]);
        const channelId = await group(ann, bob);
        expect((await tell(ann, bob)).seq).toBe(1);
        expect((await tell(bob, ann)).seq).toBe(2);
        expect((await tell(ann, ann)).seq).toBe(1);
        expect((await say(ann, channelId)).seq).toBe(1);
        expect((await tell(ann, bob)).seq).toBe(3);
      });

      test('are taken by edits and deletions too', async () => {
        const channelId = await group(people.owner);
        const first = await say(people.owner, channelId);
        const second = await say(people.owner, channelId);
        expect((await edit(people.owner, first.id, 'edited')).data).toMatchObject({ seq: 1, updatedSeq: 3 });
        await remove(people.owner, second.id);
        expect(await say(people.owner, channelId)).toMatchObject({ seq: 5, updatedSeq: 5 });
      });
    });

    describe('a clientId', () => {
      test('that was used before gives the first message and makes nothing new', async () => {
        const channelId = await group(people.owner);
        const clientId = unique();
        const first = await post(people.owner, { channelId, text: 'once', clientId });
        expect(first.status).toBe(201);
        const again = await people.owner.elsewhere.post<Message>('/messages', { channelId, text: 'twice', clientId });
        expect(again.status).toBe(200);
        expect(again.body).toEqual(first.body);
        expect((await say(people.owner, channelId)).seq).toBe(2);
      });

      test('gives the first message wherever it is used', async () => {
        const { owner, member } = people;
        const [channelId, elsewhere] = [await group(owner), await group(owner, member)];
        const { data } = await post(owner, { channelId, text: 'here', clientId: unique() });
        const { clientId } = data;
        for (const where of [{ channelId: elsewhere }, { receiverId: member.id }]) {
          const again = await post(owner, { ...where, text: 'there', clientId });
          expect(again.status).toBe(200);
          expect(again.data).toEqual(data);
        }
        expect((await say(owner, elsewhere)).seq).toBe(1);
      });

      test('gives the message as it is now: edited, and deleted without its content', async () => {
        const channelId = await group(people.owner);
        const clientId = unique();
        const more = { url: 'https://example.com/a.png', fileName: 'a.png', clientId };
        const { id } = await say(people.owner, channelId, 'first', more);
        const repeat = () => post(people.owner, { channelId, text: 'again', clientId });
        const edited = (await edit(people.owner, id, 'edited')).data;
        expect(await repeat()).toMatchObject({ status: 200, data: edited });
        await remove(people.owner, id);
        const gone = await repeat();
        expect(gone.status).toBe(200);
        expect(gone.data).toMatchObject({
          id,
          seq: 1,
          updatedSeq: 3,
          text: null,
          url: null,
          fileName: null,
          channelId,
        });
        expect((await say(people.owner, channelId)).seq).toBe(4);
      });

      test('belongs to its sender: another may use the same', async () => {
        const { owner, member } = people;
        const channelId = await group(owner, member);
        const clientId = unique();
        const mine = await say(owner, channelId, 'mine', { clientId });
        const yours = await post(member, { channelId, text: 'yours', clientId });
        expect(yours.status).toBe(201);
        expect(yours.data.id).not.toBe(mine.id);
      });

      test('sent many times at once makes one message', async () => {
        const channelId = await group(people.owner);
        const body = { channelId, text: 'storm', clientId: unique() };
        const apis = [people.owner.api, people.owner.elsewhere];
        const replies = await Promise.all(
          Array.from({ length: 12 }, (_, index) => apis[index % 2]?.post<Message>('/messages', body)),
        );
        expect(replies.map((reply) => reply?.status).sort()).toEqual([...Array(11).fill(200), 201]);
        expect(new Set(replies.map((reply) => reply?.data.id)).size).toBe(1);
        expect((await say(people.owner, channelId)).seq).toBe(2);
      });
    });

    test('messages have the name and the picture of their sender', async () => {
      const painter = await register(service, 'painter');
      const avatar = 'https://example.com/painter.png';
      await painter.api.put('/users/profile', { currentPassword: PASSWORD, avatar });
      const client = await connect('raw', service.url(1), people.owner);
      const { id } = await tell(painter, people.owner);
      const shown = { senderName: painter.username, senderAvatar: avatar };
      expect((await read(people.owner, id)).data).toMatchObject(shown);
      const { data } = await client.next('direct.message');
      expect(data).toMatchObject({ id, sender_name: painter.username, sender_avatar: avatar });
      await client.close();
    });

    test('messages stay when their sender leaves the channel', async () => {
      const { owner, member } = people;
      const channelId = await group(owner, member);
      const { id } = await say(member, channelId, 'I was here');
      await member.api.post(`/channels/${channelId}/leave`);
      expect((await read(owner, id)).data).toMatchObject({ text: 'I was here', senderName: member.username });
      expect((await owner.api.get<ChannelDetail>(`/channels/${channelId}`)).data.members).toHaveLength(1);
    });
  });
}
