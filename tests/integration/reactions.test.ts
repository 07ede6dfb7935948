// Reactions on a real PostgreSQL: what the message says is what the table has, whoever reacts at the same time.

import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createSystemClock } from '../../src/backends/clock/system.ts';
import { createAppend } from '../../src/chat/log/append.ts';
import { createChangeMessage } from '../../src/chat/log/change.ts';
import type { LogEvent, StoredMessage } from '../../src/chat/log/event.ts';
import { removal } from '../../src/chat/messages/changes.ts';
import { createReactions } from '../../src/chat/reactions/reactions.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { rows } from '../../src/database/database.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { EMPTY_CONTENT } from '../../src/protocol/messages.ts';
import type { ReactionChange } from '../../src/protocol/reactions.ts';
import { createDatabase } from '../support/postgres.ts';

const USERS = 250;
const clock = createSystemClock({ defer: setImmediate });

let handles: DatabaseHandle[];
let drop: () => Promise<void>;
let message: StoredMessage;

beforeAll(async () => {
  const database = await createDatabase(inject('postgresUrl'));
  drop = database.drop;
  const connect = () => connectDatabase({ kind: 'postgres', url: database.url, poolMax: 3, ssl: false });
  handles = await Promise.all([connect(), connect(), connect()]);
  await runMigrations(handles[0] as DatabaseHandle, 'migrations');
  const { db } = node();
  await rows(
    db,
    sql`insert into users (username, email, password)
      select 'u' || i, 'u' || i, 'none' from generate_series(1, ${USERS}::int) i`,
  );
  await rows(db, sql`insert into channels (name, "ownerId") values ('channel', 1)`);
  await rows(db, sql`insert into channel_members ("userId", "channelId") select id, 1 from users`);
});
beforeEach(async () => {
  const content = { ...EMPTY_CONTENT, text: 'hello' };
  const append = createAppend({ db: node().db, sink: () => {}, clock });
  message = (await append({ senderId: 1, channelId: 1, receiverId: null, clientId: null, content })).message;
});
afterAll(async () => {
  await Promise.all(handles.map((handle) => handle.close()));
  await drop();
});

function node(index = 0) {
  const { db } = handles[index] as DatabaseHandle;
  const events: LogEvent[] = [];
  const change = createChangeMessage({ db, sink: (batch) => void events.push(...batch), clock });
  const { react, ...reads } = createReactions({ db, change });
  const add = (id: number, emoji: string, replace = false) => react({ id }, message.id, { emoji, add: true, replace });
  const remove = (id: number, emoji: string) => react({ id }, message.id, { emoji, add: false, replace: false });
  return { ...reads, db, events, change, add, remove };
}

/** What the table says, in the form of the message. */
async function recount() {
  const found = await rows<{ emoji: string; count: number; userIds: number[] }>(
    node().db,
    sql`select emoji, count(*)::int as count, (array_agg("userId" order by "createdAt", "userId"))[:20] as "userIds"
      from reactions where "messageId" = ${message.id}::int group by emoji`,
  );
  return found.sort((a, b) => (a.emoji < b.emoji ? -1 : 1));
}

async function shown() {
  const [row] = await rows<{ reactions: StoredMessage['reactions'] | null }>(
    node().db,
    sql`select reactions from chats where id = ${message.id}::int`,
  );
  return [...(row?.reactions ?? [])].sort((a, b) => (a.emoji < b.emoji ? -1 : 1));
}

const changesOf = (events: readonly LogEvent[]) =>
  events.map(({ live }) => (live as { changes: ReactionChange[] }).changes);

describe('reactions to one message', () => {
  it('that are stored together are one event with at most 100 changes, each once', async () => {
    const { add, events } = node();
    const answers = await Promise.all(Array.from({ length: USERS }, (_, i) => add(i + 1, '👍')));
    const changes = changesOf(events);
    expect(changes.every((some) => some.length <= 100)).toBe(true);
    expect(events.length).toBeLessThanOrEqual(4);
    expect(changes.flat().map((change) => change.user_id)).toEqual(Array.from({ length: USERS }, (_, i) => i + 1));
    expect(events.map((event) => event.message.updatedSeq)).toEqual(events.map((_, i) => message.seq + 1 + i));
    expect(answers.at(-1)?.reactions).toMatchObject([{ emoji: '👍', count: USERS }]);
    expect(await shown()).toEqual(await recount());
  });

  it('leave its content and its time as they are', async () => {
    const after = await node().add(2, '👍');
    expect(after).toEqual({
      ...message,
      updatedSeq: message.seq + 1,
      reactions: [{ emoji: '👍', count: 1, userIds: [2] }],
    });
  });

  it('are no event where nothing changes', async () => {
    const { add, remove, events } = node();
    await add(2, '👍');
    for (const again of [() => add(2, '👍'), () => add(2, '👍', true), () => remove(2, '🎉'), () => remove(3, '👍')]) {
      expect((await again()).updatedSeq).toBe(message.seq + 1);
    }
    expect(events).toHaveLength(1);
  });

  it('differ by more than U+FE0F, keep the first spelling, and the order of first use', async () => {
    const { add, remove } = node();
    await add(1, '❤');
    await add(2, '👍');
    await add(3, '❤\uFE0F');
    const { reactions } = await add(4, '👍🏽');
    expect(reactions?.map(({ emoji, count }) => [emoji, count])).toEqual([
      ['❤', 2],
      ['👍', 1],
      ['👍🏽', 1],
    ]);
    await remove(1, '❤\uFE0F');
    await remove(3, '❤');
    const last = await add(5, '❤\uFE0F');
    expect(last.reactions?.map(({ emoji }) => emoji)).toEqual(['👍', '👍🏽', '❤\uFE0F']);
    expect(await shown()).toEqual(await recount());
  });

  it('are three of one user, unless the new one replaces them', async () => {
    const { add, events } = node();
    for (const emoji of ['a', 'b', 'c']) await add(2, emoji);
    await expect(add(2, 'd')).rejects.toMatchObject({ code: 'LIMIT_REACHED', details: [{ path: 'reactionsOfUser' }] });
    expect((await add(2, 'b', true)).reactions?.map(({ emoji }) => emoji)).toEqual(['b']);
    expect((await add(2, 'd', true)).reactions?.map(({ emoji }) => emoji)).toEqual(['d']);
    expect(changesOf(events).at(-1)).toEqual([
      { user_id: 2, emoji: 'b', action: 'removed' },
      { user_id: 2, emoji: 'd', action: 'added' },
    ]);
    expect(await shown()).toEqual(await recount());
  });

  it('have twenty emoji; what a replacement frees may be used', async () => {
    const { add } = node();
    for (let i = 0; i < 20; i += 1) await add(i + 1, `e${i}`);
    const bound = { code: 'LIMIT_REACHED', details: [{ path: 'emojisOfMessage' }] };
    await expect(add(30, 'one more')).rejects.toMatchObject(bound);
    await add(30, 'e3');
    await expect(add(4, 'one more', true)).rejects.toMatchObject(bound);
    expect((await add(5, 'one more', true)).reactions).toHaveLength(20);
    expect(await shown()).toEqual(await recount());
  });

  it('name the first twenty users, also after one of them is gone', async () => {
    const { add, remove } = node();
    await Promise.all(Array.from({ length: 60 }, (_, i) => add(i + 1, '👍')));
    await remove(3, '👍');
    expect((await add(3, '👍')).reactions).toMatchObject([{ count: 60 }]);
    expect((await shown())[0]?.userIds).toEqual([1, 2, ...Array.from({ length: 18 }, (_, i) => i + 4)]);
    expect(await shown()).toEqual(await recount());
  });

  it('go with its deletion, and none comes after it, in the same batch either', async () => {
    const { add, change, events } = node();
    await add(2, '👍');
    const outcomes = await Promise.allSettled([
      add(3, '👍'),
      change({ messageId: message.id, actorId: 1, kind: removal, given: { erase: false } }),
      add(4, '👍'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(outcomes[2]).toMatchObject({ reason: { code: 'MESSAGE_NOT_FOUND' } });
    expect(events.map((event) => event.change.type)).toEqual(['reacted', 'reacted', 'deleted']);
    expect([await shown(), await recount()]).toEqual([[], []]);
  });

  it('go with a deletion by another program', async () => {
    await node().add(2, '👍');
    await rows(node().db, sql`update chats set "deletedAt" = now() where id = ${message.id}::int`);
    expect([await shown(), await recount()]).toEqual([[], []]);
  });

  it('are listed in pages by user, none of them twice or never', async () => {
    const { add, list } = node();
    for (let user = 1; user <= 30; user += 1) {
      for (const emoji of ['a', 'b', 'c'].slice(0, (user % 3) + 1)) await add(user, emoji);
    }
    const all = [];
    let after: number | undefined;
    for (;;) {
      const page = await list({ id: 1 }, message.id, { emoji: undefined, after, limit: 7 });
      expect(page.length).toBeLessThanOrEqual(7);
      if (page.length === 0) break;
      all.push(...page);
      after = page.at(-1)?.userId;
    }
    expect(all).toHaveLength(60);
    expect(new Set(all.map(({ userId, emoji }) => `${userId} ${emoji}`)).size).toBe(60);
    expect(await list({ id: 1 }, message.id, { emoji: 'c', after: undefined, limit: 100 })).toHaveLength(10);
  });

  it('of one’s own are asked for in a part with at most 200 messages', async () => {
    const { add, mine, db } = node();
    await add(7, '👍');
    const first = message.seq + 2;
    const content = { ...EMPTY_CONTENT, text: 'one of many' };
    const append = createAppend({ db, sink: () => {}, clock });
    const draft = { senderId: 1, channelId: 1, receiverId: null, clientId: null, content };
    await Promise.all(Array.from({ length: 200 }, () => append(draft)));
    const part = (from: number, to: number | undefined) => mine({ id: 7 }, { channelId: 1, userId: null, from, to });
    await expect(part(message.seq, undefined)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(await part(first, undefined)).toEqual([]);
    expect(await part(message.seq, first + 198)).toEqual([{ messageId: message.id, emoji: '👍' }]);
  });

  it('add up after any interleaving of many users on three nodes', async () => {
    const three = [node(0), node(1), node(2)];
    const emojis = Array.from({ length: 24 }, (_, i) => `e${i}`);
    let seed = 4711;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    for (let round = 0; round < 6; round += 1) {
      const work = Array.from({ length: 400 }, () => {
        const { add, remove } = three[random(3)] as ReturnType<typeof node>;
        const [user, emoji, what] = [random(200) + 1, emojis[random(emojis.length)] as string, random(4)];
        return what === 0 ? remove(user, emoji) : add(user, emoji, what === 1);
      });
      const outcomes = await Promise.allSettled(work);
      const codes = outcomes.flatMap((one) => (one.status === 'rejected' ? one.reason.code : []));
      expect(new Set([...codes, 'LIMIT_REACHED'])).toEqual(new Set(['LIMIT_REACHED']));
      expect(await shown()).toEqual(await recount());
    }
    // The changes that were told add up to the same.
    const told = new Map<string, number>();
    const events = three.flatMap((one) => one.events).sort((a, b) => a.message.updatedSeq - b.message.updatedSeq);
    for (const { emoji, action } of changesOf(events).flat())
      told.set(emoji, (told.get(emoji) ?? 0) + (action === 'added' ? 1 : -1));
    expect((await shown()).map(({ emoji, count }) => [emoji, count])).toEqual(
      [...told].filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    expect(events.map((event) => event.message.updatedSeq)).toEqual(events.map((_, i) => message.seq + 1 + i));
    const most = await rows<{ most: number }>(
      node().db,
      sql`select max(n)::int as most from (select count(*) n from reactions where "messageId" = ${message.id}::int group by "userId") t`,
    );
    expect(most).toEqual([{ most: 3 }]);
  });
});
