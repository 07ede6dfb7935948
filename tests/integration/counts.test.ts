// Markers and the counts of what is unread: exact after whatever happens, on several nodes, with the former service writing
// beside. Each step of the random walk is compared with a recount of the messages.
import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import type { Principal } from '../../src/chat/accounts/principal.ts';
import { recount } from '../../src/chat/counts/recount.ts';
import { type Chat, createChat, describeChat } from './chat-under-test.ts';

const inChannel = (channelId: number, seq: number) => ({ channelId, otherId: null, seq });

/** A generator of numbers below a bound, the same for the same seed. */
function createDice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

async function foreignInsert(chat: Chat, sender: Principal, channelId: number, silent: boolean) {
  await chat.sql(sql`insert into chats ("senderId", "channelId", "text", "silent") select ${sender.id}::int, m."channelId", 'x',
    ${silent}::boolean from channel_members m where m."userId" = ${sender.id}::int and m."channelId" = ${channelId}::int`);
}

describeChat('markers', (chat) => {
  async function channelOf(...texts: string[]) {
    const [owner, reader] = [await chat().user(), await chat().user()];
    const channelId = await chat().group(owner, reader);
    const messages = [];
    for (const words of texts) messages.push(await chat().say(owner, channelId, words));
    return { owner, reader, channelId, messages };
  }

  it('go forward with read, back with unread, and no further', async () => {
    const { reader, channelId } = await channelOf('1', '2', '3', '4');
    const { marks } = chat();
    expect(await marks.read(reader, inChannel(channelId, 3))).toMatchObject({ readSeq: 3, unread: 1, moved: true });
    expect(await marks.read(reader, inChannel(channelId, 2))).toMatchObject({ readSeq: 3, unread: 1, moved: false });
    expect(await marks.unread(reader, inChannel(channelId, 4))).toMatchObject({ readSeq: 3, unread: 1, moved: false });
    expect(await marks.unread(reader, inChannel(channelId, 2))).toMatchObject({ readSeq: 1, seenSeq: 3, unread: 3 });
    await expect(marks.read(reader, inChannel(channelId, 5))).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    await expect(marks.read(await chat().user(), inChannel(channelId, 1))).rejects.toMatchObject({
      code: 'CHANNEL_NOT_FOUND',
    });
    const stranger = { channelId: null, otherId: 2_000_000, seq: 0 };
    await expect(marks.read(reader, stranger)).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
  });

  it('take numbers of the account log without a gap, and nothing is written where nothing changes', async () => {
    const { reader, channelId } = await channelOf('1', '2', '3');
    const versions = sql`select s.xmin::text as seat, a.xmin::text as account, a."lastSeq" from seats s
      join conversations c on c."id" = s."conversationId" join conversations a on a."accountId" = s."userId"
      where s."userId" = ${reader.id}::int and c."channelId" = ${channelId}::int`;
    await chat().marks.read(reader, inChannel(channelId, 1));
    await chat().marks.read(reader, inChannel(channelId, 3));
    const head = async () => Number((await chat().sql(versions))[0]?.lastSeq);
    const before = await head();
    await chat().marks.read(reader, inChannel(channelId, 3));
    await chat()
      .marks.unread(reader, inChannel(channelId, 1))
      .then(() => chat().marks.read(reader, inChannel(channelId, 3)));
    expect(await head()).toBe(before + 2);
    const again = await chat().sql(versions);
    await chat().marks.readMany(reader, [inChannel(channelId, 2), inChannel(channelId, 3)]);
    await chat().marks.readAll(reader);
    expect(await chat().sql(versions)).toEqual(again);
  });

  it('of many at once move in one statement, the highest counts, and a bad number fails nobody else', async () => {
    const { reader, channelId } = await channelOf('1', '2', '3');
    const { marks } = chat();
    const asked = [1, 2, 9, 3, 2].map((seq) => marks.read(reader, inChannel(channelId, seq)));
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(await marks.read(reader, inChannel(channelId, 0))).toMatchObject({ readSeq: 3, unread: 0 });
    const order = [
      marks.read(reader, inChannel(channelId, 3)),
      marks.unread(reader, inChannel(channelId, 1)),
      marks.read(reader, inChannel(channelId, 2)),
    ];
    expect((await Promise.all(order)).at(-1)).toMatchObject({ readSeq: 2, unread: 1 });
  });

  it('of one call all move or none', async () => {
    const first = await channelOf('1', '2');
    const other = await channelOf('1');
    const { marks } = chat();
    const both = [inChannel(first.channelId, 2), inChannel(other.channelId, 1)];
    await expect(marks.readMany(first.reader, both)).rejects.toMatchObject({ code: 'CHANNEL_NOT_FOUND' });
    expect(await marks.read(first.reader, inChannel(first.channelId, 0))).toMatchObject({ readSeq: 0, unread: 2 });
    await chat().tell(first.owner, first.reader);
    const direct = { channelId: null, otherId: first.owner.id, seq: 1 };
    expect(await marks.readMany(first.reader, [direct, inChannel(first.channelId, 1)])).toEqual([
      { channelId: null, userId: first.owner.id, readSeq: 1, unread: 0, mentions: 0 },
      { channelId: first.channelId, userId: null, readSeq: 1, unread: 1, mentions: 0 },
    ]);
    expect(await marks.readAll(first.reader)).toEqual({ unread: 0, mentions: 0, conversations: 0 });
  });

  it('are in the entries and, summed up, in a sync, where muted conversations add nothing unread', async () => {
    const { owner, reader, channelId, messages } = await channelOf('1', '2', '3');
    await chat().messages.remove(owner, messages[1]?.id as number);
    await chat().tell(owner, reader);
    const totals = async () =>
      (await chat().conversations.sync(reader, { limit: 100, since: undefined, heads: undefined, cursor: undefined }))
        .totals;
    const list = await chat().conversations.list(reader);
    expect(list).toMatchObject([
      { userId: owner.id, messageCount: 1, readSeq: 0, unread: 1, mentions: 0 },
      { channelId, messageCount: 3, readSeq: 0, unread: 2, mentions: 0 },
    ]);
    expect(await totals()).toEqual({ unread: 3, mentions: 0, conversations: 2 });
    await chat().conversations.update(reader, { channelId, userId: null }, { muted: true });
    expect(await totals()).toEqual({ unread: 1, mentions: 0, conversations: 1 });
    expect(await chat().conversations.list(owner)).toMatchObject([{ unread: 0 }, { unread: 0 }]);
  });

  it('go back over 5,000 messages at most, and own ones are not unread after that', async () => {
    const { owner, channelId } = await channelOf('1');
    await chat().sql(sql`insert into chats ("senderId", "channelId", "text", "conversationId", "seq", "updatedSeq", "number")
      select ${owner.id}::int, ${channelId}::int, 'x', c."id", n, n, n from conversations c, generate_series(2, 5010) n
      where c."channelId" = ${channelId}::int`);
    await chat().sql(
      sql`update conversations set "lastSeq" = 5010, "messageCount" = 5010 where "channelId" = ${channelId}::int`,
    );
    await chat().marks.read(owner, inChannel(channelId, 5010));
    await expect(chat().marks.unread(owner, inChannel(channelId, 10))).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    });
    expect(await chat().marks.unread(owner, inChannel(channelId, 11))).toMatchObject({ readSeq: 10, unread: 0 });
  });

  it('and counts equal a recount after every step of a random walk', async () => {
    const dice = createDice(Number(process.env.SEED ?? 7));
    const nodes = [chat(), createChat(chat().db)] as const;
    const people = [await chat().user(), await chat().user(), await chat().user(), await chat().user()];
    const [owner] = people as [Principal, ...Principal[]];
    const channels = [
      await chat().group(...(people as [Principal])),
      await chat().group(owner, people[1] as Principal),
    ];
    const one = <T>(list: readonly T[]) => list[dice(list.length)] as T;
    const position = async (channelId: number) => {
      const [row] = await chat().sql(sql`select "lastSeq" from conversations where "channelId" = ${channelId}::int`);
      return dice(Number(row?.lastSeq) + 1);
    };
    const message = async () => {
      const [row] = await chat().sql(sql`select m."id", m."senderId" from chats m where "deletedAt" is null
        order by "id" desc offset ${dice(12)}::int limit 1`);
      return row as { id: number; senderId: number } | undefined;
    };
    const steps: Array<(who: Principal, channelId: number, node: Chat) => Promise<unknown>> = [
      (who, channelId, node) => node.say(who, channelId),
      (who, channelId, node) => node.say(who, channelId),
      (who, _, node) => node.tell(who, one(people)),
      (who, channelId, node) => foreignInsert(node, who, channelId, dice(3) === 0),
      async (_, __, node) => {
        const found = await message();
        const sender = people.find(({ id }) => id === found?.senderId);
        if (found && sender) await node.messages.remove(sender, found.id);
      },
      async () => {
        const found = await message();
        if (found) await chat().sql(sql`update chats set "deletedAt" = now() where "id" = ${found.id}::int`);
      },
      async (who, channelId, node) => node.marks.read(who, inChannel(channelId, await position(channelId))),
      async (who, channelId, node) => node.marks.unread(who, inChannel(channelId, await position(channelId))),
      async (who, _, node) => node.marks.readAll(who),
      async (who, channelId, node) => who !== owner && node.members.leave(who, channelId),
      (who, channelId, node) => node.members.add(owner, channelId, who.id),
      (who, channelId, node) =>
        Promise.allSettled([
          node.say(who, channelId),
          nodes[0].marks.read(owner, inChannel(channelId, 1)),
          nodes[1].say(owner, channelId),
        ]),
    ];
    for (let step = 0; step < 150; step += 1) {
      const kind = dice(steps.length);
      // Refused where the step makes no sense now.
      await steps[kind]?.(one(people), one(channels), one(nodes)).catch((error) =>
        expect(error).toHaveProperty('code'),
      );
      const { differences, places } = await recount(chat().db);
      expect({ step, kind, differences }).toEqual({ step, kind, differences: [] });
      expect(places).toBeGreaterThan(0);
    }
  });
});
