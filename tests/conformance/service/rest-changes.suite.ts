// A message afterwards, over REST: reading it, editing it, deleting it, and who may.
import { describe, expect, test } from 'vitest';
import type { Service } from '../../support/service-under-test.ts';
import { cast, group, type Person, say, tell } from './kit/people.ts';
import { expectFailure, failedFields } from './kit/rest.ts';
import { isoTime, type Message } from './kit/wire.ts';

const UNKNOWN_ID = 2_000_000_000;

export function changesSuite(service: Service): void {
  describe('a message afterwards', () => {
    const people = cast(service, 'owner', 'member', 'stranger', 'admin');
    const read = (who: Person, id: number) => who.elsewhere.get<Message>(`/messages/${id}`);
    const edit = (who: Person, id: number, text: unknown) => who.api.patch<Message>(`/messages/${id}`, { text });
    const remove = (who: Person, id: number) => who.api.delete(`/messages/${id}`);

    describe('reading one', () => {
      test('is for its parties; for others it does not exist', async () => {
        const { id } = await say(people.owner, await group(people.owner));
        expectFailure(await read(people.stranger, id), 404, 'MESSAGE_NOT_FOUND');
        expectFailure(await read(people.owner, UNKNOWN_ID), 404, 'MESSAGE_NOT_FOUND');
      });

      test.each(['abc', '-1', '1.5', '1e3'])('is not asked for by %s', async (id) => {
        for (const method of ['get', 'delete'] as const) {
          expect(failedFields(await people.owner.api[method](`/messages/${id}`))).toEqual(['id']);
        }
        expect(failedFields(await people.owner.api.patch(`/messages/${id}`, { text: 'x' }))).toEqual(['id']);
      });
    });

    describe('editing', () => {
      test('gives the message with the new text and a later number', async () => {
        const { owner, member } = people;
        const before = await say(member, await group(owner, member), 'first', { url: 'https://example.com/a.png' });
        const reply = await edit(member, before.id, 'second');
        expect(reply.status).toBe(200);
        expect(reply.data).toEqual({ ...before, text: 'second', updatedSeq: 2, updatedAt: isoTime() });
        expect(Date.parse(reply.data.updatedAt)).toBeGreaterThanOrEqual(Date.parse(before.createdAt));
        expect((await read(owner, before.id)).data).toEqual(reply.data);
      });

      test('to the same text is an event too', async () => {
        const message = await say(people.owner, await group(people.owner), 'same');
        expect((await edit(people.owner, message.id, 'same')).data.updatedSeq).toBe(2);
      });

      test('is for the sender, nobody else', async () => {
        const { owner, member, stranger, admin } = people;
        const channelId = await group(owner, member, admin);
        const { id } = await say(member, channelId, 'mine');
        for (const other of [owner, admin]) expectFailure(await edit(other, id, 'x'), 403, 'FORBIDDEN');
        expectFailure(await edit(stranger, id, 'x'), 404, 'MESSAGE_NOT_FOUND');
        const direct = await tell(owner, member, 'to you');
        expectFailure(await edit(member, direct.id, 'x'), 403, 'FORBIDDEN');
        expect((await read(owner, id)).data).toMatchObject({ text: 'mine', updatedSeq: 1 });
      });

      test.each([undefined, null, '', 5, 'x'.repeat(10_001)])('is refused with the text %j', async (text) => {
        const { id } = await say(people.owner, await group(people.owner));
        expect(failedFields(await edit(people.owner, id, text))).toEqual(['text']);
        expect((await read(people.owner, id)).data.updatedSeq).toBe(1);
      });
    });

    describe('deleting', () => {
      test('takes the message away from everybody', async () => {
        const { owner, member } = people;
        const channelId = await group(owner, member);
        const { id } = await say(member, channelId);
        const reply = await remove(member, id);
        expect(reply.status).toBe(200);
        expect(reply.body).toMatchObject({ success: true, message: expect.any(String) });
        for (const party of [owner, member]) expectFailure(await read(party, id), 404, 'MESSAGE_NOT_FOUND');
        expectFailure(await remove(member, id), 404, 'MESSAGE_NOT_FOUND');
        expectFailure(await edit(member, id, 'x'), 404, 'MESSAGE_NOT_FOUND');
        expect((await owner.api.get<Message[]>(`/messages/channel/${channelId}`)).data).toEqual([]);
      });

      test('is for the sender, the owner of the channel and admins', async () => {
        const { owner, member, stranger, admin } = people;
        const channelId = await group(owner, member, stranger, admin);
        const [first, second, third] = [
          await say(member, channelId),
          await say(member, channelId),
          await say(owner, channelId),
        ];
        expectFailure(await remove(stranger, first.id), 403, 'FORBIDDEN');
        expect((await remove(owner, first.id)).status).toBe(200);
        expect((await remove(admin, second.id)).status).toBe(200);
        expectFailure(await remove(member, third.id), 403, 'FORBIDDEN');
      });

      test('by an admin needs no membership', async () => {
        const { owner, member, admin } = people;
        const inChannel = await say(owner, await group(owner));
        expect((await remove(admin, inChannel.id)).status).toBe(200);
        const direct = await tell(owner, member);
        expect((await remove(admin, direct.id)).status).toBe(200);
        expectFailure(await read(owner, direct.id), 404, 'MESSAGE_NOT_FOUND');
      });

      test('of a direct message is for its sender; for strangers it does not exist', async () => {
        const { owner, member, stranger } = people;
        const { id } = await tell(owner, member);
        expectFailure(await remove(member, id), 403, 'FORBIDDEN');
        expectFailure(await remove(stranger, id), 404, 'MESSAGE_NOT_FOUND');
        expect((await remove(owner, id)).status).toBe(200);
      });

      test('once when asked for by many at once', async () => {
        const channelId = await group(people.owner);
        const { id } = await say(people.owner, channelId);
        const apis = [people.owner.api, people.owner.elsewhere, people.owner.api, people.owner.elsewhere];
        const replies = await Promise.all(apis.map((api) => api.delete(`/messages/${id}`)));
        expect(replies.map((reply) => reply.status).sort()).toEqual([200, 404, 404, 404]);
        expect((await say(people.owner, channelId)).seq).toBe(3);
      });
    });
  });
}
