import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { type Chat, describeChat } from './chat-under-test.ts';

const NOBODY = 2_000_000_000;

async function setUp(chat: Chat) {
  const [ann, bob, cid] = await Promise.all([chat.user(), chat.user(), chat.user()]);
  const id = await chat.group(ann, bob);
  const { channel } = await chat.channels.create(ann, { type: 'direct', name: '', userIds: [bob.id] });
  chat.announced.length = 0;
  return { ann, bob, cid, id, directId: channel.id };
}

async function memberIds(chat: Chat, id: number) {
  const found = await chat.sql(sql`select "userId" from channel_members where "channelId" = ${id}::int order by "id"`);
  return found.map((row) => row.userId);
}

describeChat('members', (chat) => {
  describe('adding a member', () => {
    it('tells the new member', async () => {
      const { ann, bob, cid, id } = await setUp(chat());
      await chat().members.add(ann, id, cid.id);
      expect(await memberIds(chat(), id)).toEqual([ann.id, bob.id, cid.id]);
      expect(chat().announced).toEqual([
        {
          type: 'channel.added',
          userIds: [cid.id],
          channel: expect.objectContaining({ id, name: 'Group', type: 'group', ownerId: ann.id }),
        },
      ]);
      await chat().say(cid, id);
    });

    it('is for the owner of a group, with users who exist and are no members', async () => {
      const { ann, bob, cid, id, directId } = await setUp(chat());
      const gone = await chat().user();
      await chat().deleteUser(gone);
      const add = chat().members.add;
      await expect(add(bob, id, cid.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(add(cid, id, cid.id)).rejects.toMatchObject({ code: 'CHANNEL_NOT_FOUND' });
      await expect(add(ann, id, NOBODY)).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      await expect(add(ann, id, gone.id)).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      await expect(add(ann, id, bob.id)).rejects.toMatchObject({ code: 'ALREADY_MEMBER' });
      await expect(add(ann, id, ann.id)).rejects.toMatchObject({ code: 'ALREADY_MEMBER' });
      await expect(add(ann, directId, cid.id)).rejects.toMatchObject({ code: 'DIRECT_CHANNEL' });
      expect(await memberIds(chat(), id)).toEqual([ann.id, bob.id]);
      expect(await memberIds(chat(), directId)).toEqual([ann.id, bob.id]);
      expect(chat().announced).toEqual([]);
    });

    it('adds once, however many requests race', async () => {
      const { ann, cid, id } = await setUp(chat());
      const ends = await Promise.allSettled(Array.from({ length: 6 }, () => chat().members.add(ann, id, cid.id)));
      const refused = ends.filter((end) => end.status === 'rejected').map((end) => end.reason.code);
      expect(refused).toEqual(Array(5).fill('ALREADY_MEMBER'));
    });
  });

  describe('removing a member', () => {
    it('tells everybody who it was', async () => {
      const { ann, bob, id } = await setUp(chat());
      await chat().members.remove(ann, id, bob.id);
      expect(await memberIds(chat(), id)).toEqual([ann.id]);
      expect(chat().announced).toEqual([
        { type: 'member.removed', channelId: id, userId: bob.id, username: bob.username },
      ]);
      await expect(chat().say(bob, id)).rejects.toMatchObject({ code: 'CHANNEL_NOT_FOUND' });
    });

    it('is for the owner of a group, of members but the owner', async () => {
      const { ann, bob, cid, id, directId } = await setUp(chat());
      const remove = chat().members.remove;
      await expect(remove(bob, id, ann.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(remove(cid, id, bob.id)).rejects.toMatchObject({ code: 'CHANNEL_NOT_FOUND' });
      await expect(remove(ann, id, ann.id)).rejects.toMatchObject({ code: 'CANNOT_REMOVE_OWNER' });
      await expect(remove(ann, id, cid.id)).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      await expect(remove(ann, id, NOBODY)).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      await expect(remove(ann, directId, bob.id)).rejects.toMatchObject({ code: 'DIRECT_CHANNEL' });
      expect(await memberIds(chat(), id)).toEqual([ann.id, bob.id]);
      expect(await memberIds(chat(), directId)).toEqual([ann.id, bob.id]);
      expect(chat().announced).toEqual([]);
    });

    it('takes out a member whose account is gone', async () => {
      const { ann, bob, id } = await setUp(chat());
      await chat().deleteUser(bob);
      expect((await chat().channels.get(ann, id)).members.map((member) => member.id)).toEqual([ann.id]);
      await chat().members.remove(ann, id, bob.id);
      expect(await memberIds(chat(), id)).toEqual([ann.id]);
    });

    it('lets no message of theirs follow it', async () => {
      for (let round = 0; round < 5; round += 1) {
        const { ann, bob, id } = await setUp(chat());
        let isRemoved = false;
        const sendAll = async () => {
          while (!isRemoved) {
            await chat()
              .say(bob, id)
              .catch((error) => expect(error).toMatchObject({ code: 'CHANNEL_NOT_FOUND' }));
          }
        };
        const sending = Promise.all([sendAll(), sendAll()]);
        await chat().members.remove(ann, id, bob.id);
        const [head] = await chat().sql(sql`select "lastSeq" from conversations where "channelId" = ${id}::int`);
        isRemoved = true;
        await sending;
        const [after] = await chat().sql(sql`select "lastSeq" from conversations where "channelId" = ${id}::int`);
        expect(after).toEqual(head);
      }
    });
  });

  describe('leaving', () => {
    it('is for every member of a group', async () => {
      const { ann, bob, cid, id, directId } = await setUp(chat());
      await expect(chat().members.leave(cid, id)).rejects.toMatchObject({ code: 'CHANNEL_NOT_FOUND' });
      await expect(chat().members.leave(ann, directId)).rejects.toMatchObject({ code: 'DIRECT_CHANNEL' });
      await chat().members.leave(bob, id);
      expect(await chat().channels.get(ann, id)).toMatchObject({ ownerId: ann.id, members: [{ id: ann.id }] });
      expect(chat().announced).toEqual([
        { type: 'member.removed', channelId: id, userId: bob.id, username: bob.username },
      ]);
    });

    it('of an owner hands the channel to the longest-standing member', async () => {
      const { ann, bob, cid, id } = await setUp(chat());
      const dan = await chat().user();
      await chat().members.add(ann, id, cid.id);
      await chat().members.add(ann, id, dan.id);
      await chat().sql(sql`update channel_members set "joinedAt" = "joinedAt" - interval '1 day'
      where "channelId" = ${id}::int and "userId" = ${dan.id}::int`);
      await chat().deleteUser(bob);
      await chat().members.leave(ann, id);
      expect((await chat().channels.get(cid, id)).ownerId).toBe(dan.id);
      await chat().members.leave(dan, id);
      expect((await chat().channels.get(cid, id)).ownerId).toBe(cid.id);
    });

    it('of the last one deletes the channel', async () => {
      const { ann, bob, id } = await setUp(chat());
      await chat().members.leave(ann, id);
      chat().announced.length = 0;
      await chat().members.leave(bob, id);
      expect(chat().announced).toEqual([
        { type: 'member.removed', channelId: id, userId: bob.id, username: bob.username },
        { type: 'channel.deleted', channelId: id },
      ]);
      const [row] = await chat().sql(sql`select "deletedAt" from channels where "id" = ${id}::int`);
      expect(row?.deletedAt).toBeTruthy();
    });

    it('of all at once leaves no channel without an owner', async () => {
      const { ann, bob, cid, id } = await setUp(chat());
      await chat().members.add(ann, id, cid.id);
      await Promise.all([ann, bob, cid].map((user) => chat().members.leave(user, id)));
      const [row] = await chat().sql(sql`select "deletedAt" from channels where "id" = ${id}::int`);
      expect(row?.deletedAt).toBeTruthy();
      expect(chat().announced.filter((announcement) => announcement.type === 'channel.deleted')).toHaveLength(1);
    });
  });
});
