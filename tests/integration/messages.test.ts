import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { MessagePage } from '../../src/chat/messages/pages.ts';
import { EMPTY_CONTENT, messageResource } from '../../src/protocol/messages.ts';
import { type Chat, describeChat, MAX_TEXT_LENGTH, NEWEST, text } from './chat-under-test.ts';

const NOBODY = 2_000_000_000;

async function setUp(chat: Chat) {
  const [ann, bob, eve] = await Promise.all([chat.user(), chat.user(), chat.user()]);
  return { ann, bob, eve, id: await chat.group(ann, bob) };
}

describeChat('messages', (chat) => {
  describe('sending', () => {
    it('stores a channel message with the next number of its log', async () => {
      const { ann, bob, id } = await setUp(chat());
      await chat().say(bob, id);
      const body = {
        ...EMPTY_CONTENT,
        text: 'look',
        url: 'https://x.example/cat',
        fileName: 'cat.png',
        clientId: 'c-1',
      };
      const { message, duplicate } = await chat().messages.send(ann, { channelId: id, receiverId: null, ...body });
      expect(duplicate).toBe(false);
      expect(messageResource(message)).toEqual({
        ...body,
        id: expect.any(Number),
        seq: 2,
        updatedSeq: 2,
        type: 'image',
        senderId: ann.id,
        senderName: ann.username,
        senderAvatar: null,
        channelId: id,
        receiverId: null,
        createdAt: expect.stringMatching(/Z$/),
        updatedAt: message.createdAt,
      });
      expect(await chat().messages.get(bob, message.id)).toEqual(message);
      expect(chat().events.map((event) => [event.change.type, event.message.seq])).toEqual([
        ['stored', 1],
        ['stored', 2],
      ]);
    });

    it('gives the stored message again for a client id that the sender used', async () => {
      const { ann, bob, id } = await setUp(chat());
      const body = { channelId: id, receiverId: null, ...text('once'), clientId: 'same' };
      const first = await chat().messages.send(ann, body);
      expect(await chat().messages.send(ann, { ...body, channelId: null, receiverId: bob.id })).toEqual({
        message: first.message,
        duplicate: true,
      });
      expect((await chat().messages.send(bob, body)).duplicate).toBe(false);
      await chat().messages.remove(ann, first.message.id);
      const again = await chat().messages.send(ann, body);
      expect(again).toMatchObject({
        duplicate: true,
        message: { id: first.message.id, content: { text: null }, deleted: true },
      });
    });

    it('measures the text, to the last character', async () => {
      const { ann, id } = await setUp(chat());
      await chat().say(ann, id, 'x'.repeat(MAX_TEXT_LENGTH));
      const message = await chat().say(ann, id);
      const tooLong = 'x'.repeat(MAX_TEXT_LENGTH + 1);
      const refusal = { code: 'VALIDATION_FAILED', details: [{ path: 'text' }] };
      await expect(chat().say(ann, id, tooLong)).rejects.toMatchObject(refusal);
      await expect(chat().messages.edit(ann, message.id, { text: tooLong })).rejects.toMatchObject(refusal);
    });

    it('needs a channel of the sender or a receiver who exists', async () => {
      const { ann, bob, eve, id } = await setUp(chat());
      await expect(chat().say(eve, id)).rejects.toMatchObject({ code: 'CHANNEL_NOT_FOUND' });
      await chat().deleteUser(bob);
      for (const receiver of [bob, { ...bob, id: NOBODY }]) {
        await expect(chat().tell(ann, receiver)).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      }
      expect(await chat().tell(ann, ann)).toMatchObject({ senderId: ann.id, receiverId: ann.id, seq: 1 });
    });
  });

  describe('one message', () => {
    it('exists for its parties alone', async () => {
      const { ann, bob, eve, id } = await setUp(chat());
      const inChannel = await chat().say(ann, id);
      const direct = await chat().tell(ann, bob);
      const toSelf = await chat().tell(ann, ann);
      for (const message of [inChannel, direct]) {
        expect(await chat().messages.get(ann, message.id)).toEqual(message);
        expect(await chat().messages.get(bob, message.id)).toEqual(message);
      }
      expect(await chat().messages.get(ann, toSelf.id)).toEqual(toSelf);
      const gone = { code: 'MESSAGE_NOT_FOUND' };
      for (const message of [inChannel, direct, toSelf, { id: NOBODY }]) {
        await expect(chat().messages.get(eve, message.id)).rejects.toMatchObject(gone);
        await expect(chat().messages.edit(eve, message.id, { text: 'x' })).rejects.toMatchObject(gone);
        await expect(chat().messages.remove(eve, message.id)).rejects.toMatchObject(gone);
      }
    });

    it('is gone for a sender who was removed, and for all with its channel', async () => {
      const { ann, bob, id } = await setUp(chat());
      const message = await chat().say(bob, id);
      const gone = { code: 'MESSAGE_NOT_FOUND' };
      await chat().members.remove(ann, id, bob.id);
      await expect(chat().messages.get(bob, message.id)).rejects.toMatchObject(gone);
      await expect(chat().messages.edit(bob, message.id, { text: 'x' })).rejects.toMatchObject(gone);
      await expect(chat().messages.remove(bob, message.id)).rejects.toMatchObject(gone);
      expect(await chat().messages.get(ann, message.id)).toEqual(message);
      await chat().channels.remove(ann, id);
      await expect(chat().messages.get(ann, message.id)).rejects.toMatchObject(gone);
      await expect(chat().messages.remove({ ...bob, isAdmin: true }, message.id)).rejects.toMatchObject(gone);
    });

    it('is edited by its sender alone, as an event even where the text stays', async () => {
      const { ann, bob, id } = await setUp(chat());
      const message = await chat().say(bob, id, 'one');
      await expect(chat().messages.edit(ann, message.id, { text: 'two' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(chat().messages.edit({ ...ann, isAdmin: true }, message.id, { text: 'two' })).rejects.toMatchObject({
        code: 'FORBIDDEN',
      });
      const edited = await chat().messages.edit(bob, message.id, { text: 'two' });
      const content = { ...message.content, text: 'two' };
      expect(edited).toEqual({ ...message, content, updatedSeq: 2, updatedAt: edited.updatedAt });
      expect(await chat().messages.edit(bob, message.id, { text: 'two' })).toMatchObject({
        content,
        seq: 1,
        updatedSeq: 3,
      });
      expect(await chat().messages.get(ann, message.id)).toMatchObject({ content, updatedSeq: 3 });
      expect(chat().events.map((event) => event.change.type)).toEqual(['stored', 'updated', 'updated']);
    });

    it('is deleted by its sender, the owner of the channel, an admin, and nobody else', async () => {
      const { ann, bob, eve, id } = await setUp(chat());
      const cid = await chat().user();
      await chat().members.add(ann, id, cid.id);
      const root = { ...eve, isAdmin: true };
      for (const who of [bob, ann, root]) {
        const message = await chat().say(bob, id);
        await expect(chat().messages.remove(cid, message.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
        await chat().messages.remove(who, message.id);
        await expect(chat().messages.get(bob, message.id)).rejects.toMatchObject({ code: 'MESSAGE_NOT_FOUND' });
        await expect(chat().messages.remove(who, message.id)).rejects.toMatchObject({ code: 'MESSAGE_NOT_FOUND' });
        await expect(chat().messages.edit(bob, message.id, { text: 'x' })).rejects.toMatchObject({
          code: 'MESSAGE_NOT_FOUND',
        });
      }
      const direct = await chat().tell(ann, bob);
      await expect(chat().messages.remove(bob, direct.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await chat().messages.remove(root, direct.id);
      expect(chat().events.at(-1)).toMatchObject({
        change: { type: 'deleted' },
        message: { id: direct.id, content: { text: null }, updatedSeq: 2 },
      });
    });

    it('keeps showing a sender whose account is gone', async () => {
      const { ann, bob, id } = await setUp(chat());
      const message = await chat().say(bob, id);
      await chat().deleteUser(bob);
      expect(await chat().messages.get(ann, message.id)).toMatchObject({ senderName: bob.username });
      expect((await chat().page(ann, id, NEWEST)).data).toHaveLength(1);
    });
  });

  describe('pages of a channel', () => {
    async function filled(count: number) {
      const { ann, bob, eve, id } = await setUp(chat());
      const ids: number[] = [];
      for (let index = 1; index <= count; index += 1) ids.push((await chat().say(ann, id, `${index}`)).id);
      const page = async (query: { limit: number; before?: number; after?: number }) => {
        const { data, pagination } = await chat().page(bob, id, query);
        return { texts: data.map((message) => Number(message.text)), hasMore: pagination.hasMore };
      };
      const idOf = (number: number) => ids[number - 1] as number;
      return { ann, bob, eve, id, page, idOf };
    }

    it('begin with the newest and go both ways, oldest first, each message once', async () => {
      const { page, idOf } = await filled(7);
      expect(await page({ limit: 3 })).toEqual({ texts: [5, 6, 7], hasMore: true });
      expect(await page({ limit: 3, before: idOf(5) })).toEqual({ texts: [2, 3, 4], hasMore: true });
      expect(await page({ limit: 3, before: idOf(2) })).toEqual({ texts: [1], hasMore: false });
      expect(await page({ limit: 3, before: idOf(1) })).toEqual({ texts: [], hasMore: false });
      expect(await page({ limit: 3, after: idOf(1) })).toEqual({ texts: [2, 3, 4], hasMore: true });
      expect(await page({ limit: 3, after: idOf(4) })).toEqual({ texts: [5, 6, 7], hasMore: false });
      expect(await page({ limit: 3, after: idOf(7) })).toEqual({ texts: [], hasMore: false });
      expect(await page({ limit: 7 })).toEqual({ texts: [1, 2, 3, 4, 5, 6, 7], hasMore: false });
    });

    it('say what was asked for', async () => {
      const { bob, id, idOf } = await filled(2);
      const read = async (query: object) => (await chat().page(bob, id, { limit: 5, ...query })).pagination;
      expect(await read({})).toEqual({ limit: 5, before: null, after: null, hasMore: false });
      expect(await read({ before: idOf(2) })).toEqual({ limit: 5, before: idOf(2), after: null, hasMore: false });
      expect(await read({ after: idOf(1) })).toEqual({ limit: 5, before: null, after: idOf(1), hasMore: false });
    });

    it('leave deleted messages out and still begin beside them', async () => {
      const { ann, page, idOf } = await filled(6);
      for (const number of [1, 3, 4]) await chat().messages.remove(ann, idOf(number));
      expect(await page({ limit: 2 })).toEqual({ texts: [5, 6], hasMore: true });
      expect(await page({ limit: 2, before: idOf(4) })).toEqual({ texts: [2], hasMore: false });
      expect(await page({ limit: 2, before: idOf(5) })).toEqual({ texts: [2], hasMore: false });
      expect(await page({ limit: 2, after: idOf(3) })).toEqual({ texts: [5, 6], hasMore: false });
      expect(await page({ limit: 1, after: idOf(1) })).toEqual({ texts: [2], hasMore: true });
    });

    it('take the id of a message elsewhere for the moment that it stands for', async () => {
      const { ann, id, page } = await filled(2);
      const elsewhere = await chat().tell(ann, ann);
      await chat().say(ann, id, '3');
      expect(await page({ limit: 5, before: elsewhere.id })).toEqual({ texts: [1, 2], hasMore: false });
      expect(await page({ limit: 5, after: elsewhere.id })).toEqual({ texts: [3], hasMore: false });
      expect(await page({ limit: 5, before: NOBODY })).toEqual({ texts: [1, 2, 3], hasMore: false });
      expect(await page({ limit: 5, after: NOBODY })).toEqual({ texts: [], hasMore: false });
      const { page: later } = await filled(2);
      expect(await later({ limit: 5, before: elsewhere.id })).toEqual({ texts: [], hasMore: false });
      expect(await later({ limit: 5, after: elsewhere.id })).toEqual({ texts: [1, 2], hasMore: false });
    });

    it('show edits in their old place', async () => {
      const { ann, id, idOf } = await filled(3);
      await chat().messages.edit(ann, idOf(1), { text: '10' });
      const { data } = await chat().page(ann, id, NEWEST);
      expect(data.map((message) => message.text)).toEqual(['10', '2', '3']);
      expect(data.map((message) => [message.seq, message.updatedSeq])).toEqual([
        [1, 4],
        [2, 2],
        [3, 3],
      ]);
    });

    it('are for members', async () => {
      const { ann, bob, eve, id } = await filled(1);
      const page = (who: typeof ann) => chat().page(who, id, NEWEST);
      await expect(page(eve)).rejects.toMatchObject({ code: 'CHANNEL_NOT_FOUND' });
      await chat().members.remove(ann, id, bob.id);
      await expect(page(bob)).rejects.toMatchObject({ code: 'CHANNEL_NOT_FOUND' });
    });

    it('are read once for many who ask at the same moment, each of whom must be a member', async () => {
      const { ann, bob, eve, id } = await filled(1);
      const askers = [ann, bob, ann, eve, bob, ann];
      const ends = await Promise.allSettled(askers.map((who) => chat().page(who, id, NEWEST)));
      expect(ends.map(({ status }) => status === 'fulfilled')).toEqual(askers.map((who) => who !== eve));
      const pages = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
      for (const page of pages) expect(page.data.map((message) => message.text)).toEqual(['1']);
      await chat().say(ann, id, '2');
      expect((await chat().page(bob, id, NEWEST)).data).toHaveLength(2);
    });

    it('show what the former service writes', async () => {
      const { ann, id } = await filled(1);
      await chat().sql(sql`insert into chats ("senderId", "channelId", "text")
      values (${ann.id}::int, ${id}::int, 'from before')`);
      const { data } = await chat().page(ann, id, NEWEST);
      expect(data.map((message) => [message.seq, message.text])).toEqual([
        [1, '1'],
        [2, 'from before'],
      ]);
    });
  });

  describe('pages with a friend', () => {
    it('hold what both wrote, and nothing of others', async () => {
      const { ann, bob, eve } = await setUp(chat());
      await chat().tell(ann, bob, '1');
      await chat().tell(ann, eve, 'other');
      await chat().tell(bob, ann, '2');
      await chat().tell(ann, ann, 'note');
      const texts = async (who: typeof ann, friend: number) =>
        (JSON.parse(await chat().messages.friendPage(who, friend, NEWEST)) as MessagePage).data.map(({ text }) => text);
      expect(await texts(ann, bob.id)).toEqual(['1', '2']);
      expect(await texts(bob, ann.id)).toEqual(['1', '2']);
      expect(await texts(ann, ann.id)).toEqual(['note']);
      expect(await texts(bob, eve.id)).toEqual([]);
    });

    it('need a friend who exists', async () => {
      const { ann, bob } = await setUp(chat());
      await chat().deleteUser(bob);
      for (const friend of [bob.id, NOBODY]) {
        await expect(chat().messages.friendPage(ann, friend, NEWEST)).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      }
    });
  });
});
