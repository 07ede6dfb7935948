import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import type { Principal } from '../../src/chat/accounts/principal.ts';
import { describeChat } from './chat-under-test.ts';

const NOBODY = 2_000_000_000;

describeChat('channels', (chat) => {
  describe('creating a group', () => {
    it('makes the creator its owner and tells everybody in it', async () => {
      const [ann, bob, cid] = await Promise.all([chat().user(), chat().user(), chat().user()]);
      const userIds = [cid.id, bob.id, cid.id, ann.id];
      const { channel, created } = await chat().channels.create(ann, { type: 'group', name: 'Tea', userIds });
      expect(created).toBe(true);
      expect(channel).toEqual({
        id: expect.any(Number),
        name: 'Tea',
        type: 'group',
        ownerId: ann.id,
        createdAt: expect.stringMatching(/Z$/),
      });
      expect(chat().announced).toEqual([
        {
          type: 'channel.added',
          userIds: [ann.id, cid.id, bob.id],
          channel: expect.objectContaining({ id: channel.id }),
        },
      ]);
      const detail = await chat().channels.get(bob, channel.id);
      expect(detail).toEqual({ ...channel, members: expect.any(Array) });
      expect(detail.members.map((member) => member.id)).toEqual([ann.id, cid.id, bob.id]);
      const { isAdmin: _, ...user } = ann;
      expect(detail.members[0]).toEqual({ ...user, joinedAt: expect.stringMatching(/Z$/) });
      expect(await chat().conversations.list(ann)).toMatchObject([
        { channelId: channel.id, userId: null, lastSeq: 0, lastEventAt: null },
      ]);
    });

    it('may have no others', async () => {
      const ann = await chat().user();
      const { channel } = await chat().channels.create(ann, { type: 'group', name: 'Alone', userIds: [] });
      expect((await chat().channels.get(ann, channel.id)).members).toHaveLength(1);
    });

    it('creates nothing where a user is unknown or deleted', async () => {
      const [ann, bob, gone] = await Promise.all([chat().user(), chat().user(), chat().user()]);
      await chat().deleteUser(gone);
      for (const id of [NOBODY, gone.id]) {
        const body = { type: 'group' as const, name: 'Tea', userIds: [bob.id, id] };
        await expect(chat().channels.create(ann, body)).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      }
      expect(await chat().channels.list(ann)).toEqual({ direct: [], group: [] });
      expect(chat().announced).toEqual([]);
    });
  });

  describe('opening a direct channel', () => {
    const direct = (...userIds: number[]) => ({ type: 'direct' as const, name: '', userIds });

    it('shows each of the two under the name of the other', async () => {
      const [ann, bob] = await Promise.all([chat().user(), chat().user()]);
      await chat().sql(sql`update users set "avatar" = 'bob.png' where "id" = ${bob.id}::int`);
      const { channel, created } = await chat().channels.create(ann, direct(bob.id, ann.id));
      expect(created).toBe(true);
      expect(channel).toMatchObject({ name: bob.email, type: 'direct', ownerId: ann.id });
      expect(await chat().channels.list(ann)).toEqual({ direct: [{ ...channel, avatar: 'bob.png' }], group: [] });
      expect(await chat().channels.list(bob)).toEqual({
        direct: [{ ...channel, name: ann.email, avatar: null }],
        group: [],
      });
      expect((await chat().channels.get(bob, channel.id)).name).toBe(ann.email);
      expect(chat().announced).toHaveLength(2);
      expect(chat().announced).toContainEqual({ type: 'channel.added', userIds: [ann.id], channel });
      expect(chat().announced).toContainEqual({
        type: 'channel.added',
        userIds: [bob.id],
        channel: { ...channel, name: ann.email },
      });
    });

    it('gives the pair the one that it has, whoever asks', async () => {
      const [ann, bob] = await Promise.all([chat().user(), chat().user()]);
      const first = await chat().channels.create(ann, direct(bob.id));
      chat().announced.length = 0;
      expect(await chat().channels.create(ann, direct(bob.id))).toEqual({ channel: first.channel, created: false });
      expect(await chat().channels.create(bob, direct(ann.id))).toEqual({
        channel: { ...first.channel, name: ann.email },
        created: false,
      });
      expect(chat().announced).toEqual([]);
    });

    it('makes one however many requests race', async () => {
      const [ann, bob] = await Promise.all([chat().user(), chat().user()]);
      const opened = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          index % 2 ? chat().channels.create(ann, direct(bob.id)) : chat().channels.create(bob, direct(ann.id)),
        ),
      );
      expect(new Set(opened.map(({ channel }) => channel.id)).size).toBe(1);
      expect(opened.filter(({ created }) => created)).toHaveLength(1);
    });

    it('makes a new one after the old one was deleted', async () => {
      const [ann, bob] = await Promise.all([chat().user(), chat().user()]);
      const first = await chat().channels.create(ann, direct(bob.id));
      await chat().channels.remove(ann, first.channel.id);
      const second = await chat().channels.create(bob, direct(ann.id));
      expect(second.created).toBe(true);
      expect(second.channel.id).not.toBe(first.channel.id);
    });

    it('needs exactly one other user, who exists', async () => {
      const [ann, bob, cid, gone] = await Promise.all([chat().user(), chat().user(), chat().user(), chat().user()]);
      for (const userIds of [[], [ann.id], [bob.id, cid.id]]) {
        await expect(chat().channels.create(ann, direct(...userIds))).rejects.toMatchObject({
          code: 'VALIDATION_FAILED',
          details: [{ path: 'userIds' }],
        });
      }
      await chat().channels.create(ann, direct(gone.id));
      await chat().deleteUser(gone);
      for (const id of [NOBODY, gone.id]) {
        await expect(chat().channels.create(ann, direct(id))).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      }
    });
  });

  describe('existing channels', () => {
    it('are listed by id, without those that one is not in and deleted ones', async () => {
      const [ann, bob] = await Promise.all([chat().user(), chat().user()]);
      const [first, second, deleted] = [await chat().group(ann), await chat().group(bob, ann), await chat().group(ann)];
      await chat().group(bob);
      await chat().channels.remove(ann, deleted);
      const { direct, group } = await chat().channels.list(ann);
      expect(direct).toEqual([]);
      expect(group.map((channel) => channel.id)).toEqual([first, second]);
    });

    it('are listed for many at the same moment, to each their own', async () => {
      const users = await Promise.all(Array.from({ length: 20 }, () => chat().user()));
      const [ann, bob, gone, ...others] = users as [Principal, Principal, Principal, ...Principal[]];
      const together = await chat().group(ann, bob, gone);
      const { channel } = await chat().channels.create(ann, { type: 'direct', name: '', userIds: [bob.id] });
      await chat().deleteUser(gone);
      const ends = await Promise.allSettled([ann, gone, bob, ann, ...others].map((who) => chat().channels.list(who)));
      const lists = ends.map((end) => (end.status === 'fulfilled' ? end.value : end.reason.code));
      const list = (name: string) => ({
        direct: [{ ...channel, name, avatar: null }],
        group: [expect.objectContaining({ id: together })],
      });
      expect(lists.slice(0, 4)).toEqual([list(bob.email), 'UNAUTHORIZED', list(ann.email), list(bob.email)]);
      expect(lists.slice(4)).toEqual(others.map(() => ({ direct: [], group: [] })));
    });

    it('do not exist for others, nor once they are deleted', async () => {
      const [ann, bob, eve] = await Promise.all([chat().user(), chat().user(), chat().user()]);
      const id = await chat().group(ann, bob);
      const calls = (who: typeof ann, channelId: number) => [
        chat().channels.get(who, channelId),
        chat().channels.update(who, channelId, { name: 'New' }),
        chat().channels.remove(who, channelId),
        chat().channels.assertVisible(who, channelId),
        chat().members.add(who, channelId, eve.id),
        chat().members.remove(who, channelId, bob.id),
        chat().members.leave(who, channelId),
        chat().page(who, channelId, { limit: 20 }),
        chat().say(who, channelId),
      ];
      const codes = async (promises: Promise<unknown>[]) =>
        (await Promise.allSettled(promises)).map((end) => (end.status === 'rejected' ? end.reason.code : 'done'));
      expect(new Set(await codes(calls(eve, id)))).toEqual(new Set(['CHANNEL_NOT_FOUND']));
      expect(new Set(await codes(calls(ann, NOBODY)))).toEqual(new Set(['CHANNEL_NOT_FOUND']));
      await chat().channels.remove(ann, id);
      expect(new Set(await codes(calls(ann, id)))).toEqual(new Set(['CHANNEL_NOT_FOUND']));
    });

    it('are renamed by any member, and everybody live hears of it', async () => {
      const [ann, bob] = await Promise.all([chat().user(), chat().user()]);
      const id = await chat().group(ann, bob);
      chat().announced.length = 0;
      expect(await chat().channels.update(bob, id, { name: 'New' })).toMatchObject({
        id,
        name: 'New',
        ownerId: ann.id,
      });
      expect(await chat().channels.get(ann, id)).toMatchObject({ name: 'New' });
      expect(chat().announced).toEqual([{ type: 'channel.updated', channelId: id, name: 'New' }]);
    });

    it('keep their name where they are direct', async () => {
      const [ann, bob] = await Promise.all([chat().user(), chat().user()]);
      const { channel } = await chat().channels.create(ann, { type: 'direct', name: '', userIds: [bob.id] });
      await expect(chat().channels.update(ann, channel.id, { name: 'New' })).rejects.toMatchObject({
        code: 'DIRECT_CHANNEL',
      });
    });

    it('are deleted by their owner alone', async () => {
      const [ann, bob] = await Promise.all([chat().user(), chat().user()]);
      const id = await chat().group(ann, bob);
      chat().announced.length = 0;
      await expect(chat().channels.remove(bob, id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect(chat().announced).toEqual([]);
      await chat().channels.remove(ann, id);
      expect(chat().announced).toEqual([{ type: 'channel.deleted', channelId: id }]);
      const [row] = await chat().sql(sql`select "deletedAt" from channels where "id" = ${id}::int`);
      expect(row?.deletedAt).toBeTruthy();
    });

    it('are visible to members, and to admins though they are none', async () => {
      const [ann, root] = [await chat().user(), { ...(await chat().user()), isAdmin: true }];
      const id = await chat().group(ann);
      await chat().channels.assertVisible(ann, id);
      await chat().channels.assertVisible(root, id);
      await expect(chat().channels.assertVisible(root, NOBODY)).rejects.toMatchObject({ code: 'CHANNEL_NOT_FOUND' });
    });

    it('of the former service have no log yet and are deleted all the same', async () => {
      const ann = await chat().user();
      const id = await chat().group(ann);
      await chat().sql(sql`delete from conversations where "channelId" = ${id}::int`);
      expect((await chat().page(ann, id, { limit: 20 })).data).toEqual([]);
      await chat().channels.remove(ann, id);
      await expect(chat().channels.get(ann, id)).rejects.toMatchObject({ code: 'CHANNEL_NOT_FOUND' });
    });
  });
});
