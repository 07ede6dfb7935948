// A conversation as one of its users sees it, what is that user's alone, and the account log that numbers it.
import { type SQL, sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import type { Principal } from '../../src/chat/accounts/principal.ts';
import { describeChat } from './chat-under-test.ts';

const NOBODY = 2_000_000_000;
const channel = (channelId: number) => ({ channelId, userId: null });
const pair = (userId: number) => ({ channelId: null, userId });

describeChat('entries', (chat) => {
  const users = (count: number) => Promise.all(Array.from({ length: count }, () => chat().user()));
  const entry = (who: Principal, id: number) => chat().conversations.get(who, channel(id));

  /** The head of a user's account log; 0 if nothing ever happened in it. */
  async function accountHead({ id }: Principal): Promise<number> {
    const [log] = await chat().sql(sql`select "lastSeq" from conversations where "accountId" = ${id}::int`);
    return (log?.lastSeq as number | undefined) ?? 0;
  }

  const seat = async (who: Principal, id: number) =>
    (
      await chat().sql(sql`select s."accountSeq", s."endedBy", s."endedAt" is not null as "isOver" from seats s
      join conversations c on c."id" = s."conversationId"
      where c."channelId" = ${id}::int and s."userId" = ${who.id}::int`)
    )[0];

  it('say of a group what its member sees, and of the latest message that is not deleted', async () => {
    const [ann, bob] = (await users(2)) as [Principal, Principal];
    const id = await chat().group(ann, bob);
    const { id: kept } = await chat().say(ann, id, 'kept');
    const { id: gone } = await chat().say(bob, id, 'gone');
    await chat().messages.remove(bob, gone);
    expect(await entry(bob, id)).toMatchObject({
      ...channel(id),
      ...{ type: 'group', name: 'Group', avatar: null, user: null, ownerId: ann.id, role: 'member', memberCount: 2 },
      ...{ metadata: {}, updatedSeq: 0, lastSeq: 3, lastMessage: { id: kept, text: 'kept', senderName: ann.username } },
      ...{ muted: false, archived: false, favourite: false, notify: 'mentions', ownMetadata: {}, accountSeq: 1 },
    });
    expect(await entry(ann, id)).toMatchObject({ role: 'owner' });
  });

  it('say of a pair who the other is, and of a direct channel its name', async () => {
    const [ann, bob] = (await users(2)) as [Principal, Principal];
    const { id: message } = await chat().tell(ann, bob);
    expect(await chat().conversations.get(bob, pair(ann.id))).toMatchObject({
      ...pair(ann.id),
      ...{ type: 'direct', name: null, ownerId: null, role: null, memberCount: null, metadata: null },
      user: { id: ann.id, username: ann.username, avatar: null },
      lastMessage: { id: message },
      notify: 'all',
    });
    const { channel: direct } = await chat().channels.create(ann, { type: 'direct', name: '', userIds: [bob.id] });
    expect(await entry(bob, direct.id)).toMatchObject({ type: 'direct', name: ann.email, user: null });
  });

  it('are not there for who has no part in the conversation', async () => {
    const [ann, bob, cid] = (await users(3)) as [Principal, Principal, Principal];
    const id = await chat().group(ann, cid);
    await chat().members.remove(ann, id, cid.id);
    for (const who of [bob, cid]) {
      await expect(entry(who, id)).rejects.toMatchObject({ code: 'CHANNEL_NOT_FOUND' });
      const changing = chat().conversations.update(who, channel(id), { muted: true });
      await expect(changing).rejects.toMatchObject({ code: 'CHANNEL_NOT_FOUND' });
    }
    for (const userId of [ann.id, NOBODY]) {
      await expect(chat().conversations.get(bob, pair(userId))).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      const changing = chat().conversations.update(bob, pair(userId), { muted: true });
      await expect(changing).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
    }
    expect([await accountHead(bob), await accountHead(cid)]).toEqual([0, 2]);
  });

  it('keep what one user sets, number it, and do neither where nothing changes', async () => {
    const [ann, bob] = (await users(2)) as [Principal, Principal];
    const id = await chat().group(ann, bob);
    const set = (changes: object) => chat().conversations.update(bob, channel(id), changes);
    const muted = '2099-01-01T00:00:00.500Z';
    const changes = { muted: '2099-01-01T01:00:00.5+01:00', favourite: true, notify: 'all' as const };
    expect(await set(changes)).toMatchObject({ muted, favourite: true, notify: 'all', accountSeq: 2 });
    expect(await set(changes)).toMatchObject({ muted, accountSeq: 2 });
    expect(await set({ muted: true })).toMatchObject({ muted: true, favourite: true, accountSeq: 3 });
    expect(await set({ muted: '1999-01-01T00:00:00Z' })).toMatchObject({ muted: false, accountSeq: 4 });
    const nested = JSON.parse('{"a":{"b":1,"c":2},"__proto__":{"x":1}}');
    expect((await set({ ownMetadata: nested })).ownMetadata).toEqual(nested);
    const merge = { a: { b: null, d: [1] }, e: 'é' };
    const whole = JSON.parse('{"a":{"c":2,"d":[1]},"__proto__":{"x":1},"e":"é"}');
    expect(await set({ ownMetadata: merge })).toMatchObject({ ownMetadata: whole, accountSeq: 6 });
    const full = { ownMetadata: { f: 'x'.repeat(4050) } };
    await expect(set(full)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(await entry(ann, id)).toMatchObject({ muted: false, favourite: false, ownMetadata: {}, accountSeq: 1 });
    expect([await accountHead(ann), await accountHead(bob)]).toEqual([1, 6]);
  });

  it('are archived until a new message comes, or for as long as they are muted', async () => {
    const [ann, bob] = (await users(2)) as [Principal, Principal];
    const id = await chat().group(ann, bob);
    const { id: message } = await chat().say(ann, id);
    const set = (changes: object) => chat().conversations.update(bob, channel(id), changes);
    expect(await set({ archived: true })).toMatchObject({ archived: true, accountSeq: 2 });
    await chat().messages.edit(ann, message, { text: 'edited' });
    expect(await entry(bob, id)).toMatchObject({ archived: true });
    await chat().say(ann, id);
    expect(await entry(bob, id)).toMatchObject({ archived: false, accountSeq: 2 });
    expect(await set({ archived: true, muted: true })).toMatchObject({ archived: true, accountSeq: 3 });
    await chat().say(ann, id);
    expect(await entry(bob, id)).toMatchObject({ archived: true, accountSeq: 3 });
  });

  it('begin and end with the membership, whatever program writes it, and say why', async () => {
    const [ann, bob, cid] = (await users(3)) as [Principal, Principal, Principal];
    const [id, other] = [await chat().group(ann, bob), await chat().group(ann)];
    await chat().members.leave(bob, id);
    expect(await seat(bob, id)).toEqual({ accountSeq: 2, endedBy: 'left', isOver: true });
    await chat().members.add(ann, id, bob.id);
    expect(await seat(bob, id)).toEqual({ accountSeq: 3, endedBy: null, isOver: false });
    await chat().members.remove(ann, id, bob.id);
    expect(await seat(bob, id)).toEqual({ accountSeq: 4, endedBy: 'removed', isOver: true });
    // As the former service does: several at once, in channels that have no log yet.
    const write = (statement: SQL) => chat().sql(statement);
    await write(sql`delete from conversations where "channelId" = ${other}::int`);
    await write(sql`insert into channel_members ("userId", "channelId")
      values (${cid.id}::int, ${other}::int), (${cid.id}::int, ${id}::int), (${bob.id}::int, ${other}::int)`);
    const seats = [await seat(cid, id), await seat(cid, other)].map((each) => each?.accountSeq).sort();
    expect(seats).toEqual([1, 2]);
    await write(sql`delete from channel_members where "userId" = ${cid.id}::int`);
    expect(await accountHead(cid)).toBe(4);
    await write(sql`update channels set "deletedAt" = now() where "id" = ${other}::int`);
    expect(await seat(bob, other)).toEqual({ accountSeq: 6, endedBy: 'deleted', isOver: true });
    // Users and channels that go as rows take their parts along.
    await write(sql`delete from users where "id" = ${bob.id}::int`);
    await write(sql`delete from channels where "id" = ${id}::int`);
    expect(await seat(ann, id)).toBeUndefined();
  });

  it('change with the owner, for the former one and the new one', async () => {
    const [ann, bob, cid] = (await users(3)) as [Principal, Principal, Principal];
    const id = await chat().group(ann, bob, cid);
    await chat().members.leave(ann, id);
    expect(await entry(bob, id)).toMatchObject({ role: 'owner', ownerId: bob.id, memberCount: 2, accountSeq: 2 });
    expect(await entry(cid, id)).toMatchObject({ role: 'member', accountSeq: 1 });
    expect(await seat(ann, id)).toMatchObject({ endedBy: 'left', isOver: true });
    await chat().members.leave(cid, id);
    await chat().members.leave(bob, id);
    expect(await seat(bob, id)).toMatchObject({ endedBy: 'left', isOver: true });
  });

  it('are changed by many at once without a gap and without a deadlock', async () => {
    const people = await users(4);
    const ids = await Promise.all(
      people.map((owner) => chat().group(owner, ...people.filter((each) => each !== owner))),
    );
    const work = ids.flatMap((id) =>
      people.flatMap((who) => [
        chat().members.leave(who, id),
        chat().conversations.update(who, channel(id), { favourite: true }),
      ]),
    );
    const failed = (await Promise.allSettled(work)).filter((end) => end.status === 'rejected');
    for (const { reason } of failed) expect(reason).toMatchObject({ code: 'CHANNEL_NOT_FOUND' });
    for (const who of people) {
      const taken = await chat().sql(
        sql`select max("accountSeq") as "last" from seats where "userId" = ${who.id}::int`,
      );
      expect(taken).toEqual([{ last: await accountHead(who) }]);
    }
  });

  it('leave the account itself an object of its log: its settings and what others see of it', async () => {
    const [ann] = (await users(1)) as [Principal];
    const record = async () =>
      (await chat().sql(sql`select "recordSeq" from conversations where "accountId" = ${ann.id}::int`))[0]?.recordSeq;
    const all = { receipts: true, showPresence: true, directMessages: 'all' };
    expect(await chat().accounts.changeSettings(ann, { receipts: true })).toEqual(all);
    expect(await record()).toBeUndefined();
    const changed = { ...all, receipts: false, directMessages: 'shared' };
    expect(await chat().accounts.changeSettings(ann, { receipts: false, directMessages: 'shared' })).toEqual(changed);
    expect(await chat().accounts.changeSettings(ann, { receipts: false })).toEqual(changed);
    expect(await record()).toBe(1);
    expect(await chat().accounts.changeSettings(ann, { receipts: true, directMessages: 'all' })).toEqual(all);
    await chat().sql(sql`update users set "avatar" = 'https://example.com/a.png' where "id" = ${ann.id}::int`);
    expect(await record()).toBe(3);
    const [stored] = await chat().sql(sql`select "settings" from users where "id" = ${ann.id}::int`);
    expect(stored).toEqual({ settings: {} });
  });
});
