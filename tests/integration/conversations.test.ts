import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { describeChat } from './chat-under-test.ts';

describeChat('conversations', (chat) => {
  it('are every channel and every pair, the latest event first', async () => {
    const [ann, bob, cid] = await Promise.all([chat().user(), chat().user(), chat().user()]);
    const quiet = await chat().group(bob, ann);
    const busy = await chat().group(ann);
    const left = await chat().group(bob, ann);
    const deleted = await chat().group(ann);
    await chat().tell(ann, bob);
    await chat().tell(cid, ann);
    await chat().tell(bob, cid);
    await chat().tell(ann, ann);
    const message = await chat().say(ann, busy);
    await chat().members.leave(ann, left);
    await chat().channels.remove(ann, deleted);
    await chat().tell(bob, ann);
    await chat().messages.edit(ann, message.id, { text: 'again' });
    // The events of one millisecond have no order: each gets a moment of its own.
    await chat().sql(sql`update conversations set "lastEventAt" = '2020-01-01'::timestamp + "id" * interval '1 second'
      where "lastSeq" > 0 and "channelId" is null`);

    const list = await chat().conversations.list(ann);
    expect(list.map(({ channelId, userId, lastSeq }) => ({ channelId, userId, lastSeq }))).toEqual([
      { channelId: busy, userId: null, lastSeq: 2 },
      { channelId: null, userId: ann.id, lastSeq: 1 },
      { channelId: null, userId: cid.id, lastSeq: 1 },
      { channelId: null, userId: bob.id, lastSeq: 2 },
      { channelId: quiet, userId: null, lastSeq: 0 },
    ]);
    expect(list[1]?.lastEventAt).toMatch(/^2020-01-01T.*Z$/);
    expect(list[4]?.lastEventAt).toBeNull();
  });

  it('of somebody new are none', async () => {
    expect(await chat().conversations.list(await chat().user())).toEqual([]);
  });

  it('count a channel of the former service that has no log yet', async () => {
    const ann = await chat().user();
    const id = await chat().group(ann);
    await chat().sql(sql`delete from conversations where "channelId" = ${id}::int`);
    expect(await chat().conversations.list(ann)).toMatchObject([
      { channelId: id, userId: null, lastSeq: 0, lastEventAt: null },
    ]);
  });
});
