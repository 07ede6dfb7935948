// The log on a real PostgreSQL: numbers without gaps whoever writes, and batches in which nobody harms his neighbour.

import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createSystemClock } from '../../src/backends/clock/system.ts';
import { createAppend } from '../../src/chat/log/append.ts';
import { createChangeMessage } from '../../src/chat/log/change.ts';
import type { LogEvent } from '../../src/chat/log/event.ts';
import { channelKey } from '../../src/chat/log/key.ts';
import type { Draft } from '../../src/chat/log/log.ts';
import { createReadLog } from '../../src/chat/log/read.ts';
import { edit, removal } from '../../src/chat/messages/changes.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { rows } from '../../src/database/database.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { EMPTY_CONTENT } from '../../src/protocol/messages.ts';
import { createDatabase } from '../support/postgres.ts';

const USERS = 12;
const CHANNELS = 6;
/** The last channel has one member; user 1 is in all channels. */
const LONELY = CHANNELS;
const clock = createSystemClock({ defer: setImmediate });

let drop: () => Promise<void>;
let nodes: DatabaseHandle[];
let db: DatabaseHandle['db'];

beforeAll(async () => {
  const database = await createDatabase(inject('postgresUrl'));
  drop = database.drop;
  const connect = () => connectDatabase({ kind: 'postgres', url: database.url, poolMax: 3, ssl: false });
  nodes = await Promise.all([connect(), connect(), connect()]);
  db = (nodes[0] as DatabaseHandle).db;
  await runMigrations(nodes[0] as DatabaseHandle, 'migrations');
  await rows(
    db,
    sql`insert into users (username, email, password)
    select 'user' || i, 'user' || i || '@example.com', 'none' from generate_series(1, ${USERS}::int) i`,
  );
  await rows(
    db,
    sql`insert into channels (name, "ownerId") select 'channel', 1 from generate_series(1, ${CHANNELS}::int)`,
  );
  await rows(
    db,
    sql`insert into channel_members ("userId", "channelId")
    select u.id, c.id from users u, channels c where c.id < ${LONELY}::int or u.id = 1`,
  );
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  await drop();
});

function draft(
  senderId: number,
  channelId: number,
  { text = 'hello', ...more }: { text?: string; clientId?: string } = {},
): Draft {
  const content = { ...EMPTY_CONTENT, text };
  return { senderId, channelId, receiverId: null, clientId: null, content, ...more };
}

function node(index = 0) {
  const events: LogEvent[] = [];
  const handle = nodes[index] as DatabaseHandle;
  const sink = (batch: readonly LogEvent[]) => void events.push(...batch);
  return {
    events,
    append: createAppend({ db: handle.db, sink, clock }),
    change: createChangeMessage({ db: handle.db, sink, clock }),
    read: createReadLog({ db: handle.db }),
  };
}

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'stored',
    (error: { code?: string }) => error.code,
  );

async function numbersOf(channelId: number): Promise<number[]> {
  const found = await rows<{ seq: number }>(
    db,
    sql`select m.seq from chats m join conversations c on c.id = m."conversationId"
      where c."channelId" = ${channelId}::int order by m.seq`,
  );
  return found.map((row) => row.seq);
}

async function headOf(channelId: number): Promise<number> {
  const [row] = await rows<{ head: number }>(
    db,
    sql`select "lastSeq" as head from conversations where "channelId" = ${channelId}::int`,
  );
  return row?.head ?? 0;
}

describe('append', () => {
  it('numbers each log 1, 2, 3 … without gaps while three nodes write to all of them', async () => {
    const three = [node(0), node(1), node(2)];
    const before = await headOf(2);
    const wanted = Array.from({ length: 600 }, (_, i) => draft((i % USERS) + 1, (i % 4) + 1));
    const stored = await Promise.all(wanted.map((one, i) => three[i % 3]?.append(one)));
    expect(stored.every((appended) => appended?.duplicate === false)).toBe(true);
    for (const channelId of [1, 2, 3, 4]) {
      const numbers = await numbersOf(channelId);
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      expect(await headOf(channelId)).toBe(numbers.length);
    }
    expect(await headOf(2)).toBe(before + 150);
    // What a node hands out itself is in the order of the numbers.
    for (const { events } of three) {
      const seqs = events.filter((event) => event.message.channelId === 2).map((event) => event.message.seq);
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    }
  });

  it('keeps the order in which one sender wrote', async () => {
    const { append } = node();
    const sent = Array.from({ length: 100 }, (_, i) => append(draft(1, 5, { text: `line ${i}` })));
    const seqs = (await Promise.all(sent)).map(({ message }) => message.seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
  });

  it('refuses in a batch what may not be stored, and stores its neighbours without a gap', async () => {
    const { append } = node();
    const before = await headOf(1);
    const outcomes = await Promise.all([
      code(append(draft(1, 1))),
      code(append(draft(2, LONELY))),
      code(append(draft(1, 999))),
      code(append(draft(999, 1))),
      code(append({ ...draft(1, 1), channelId: null, receiverId: 999 })),
      code(append(draft(2, 1))),
    ]);
    expect(outcomes).toEqual([
      'stored',
      'CHANNEL_NOT_FOUND',
      'CHANNEL_NOT_FOUND',
      'UNAUTHORIZED',
      'USER_NOT_FOUND',
      'stored',
    ]);
    expect(await headOf(1)).toBe(before + 2);
  });

  it('stores a text that the database refuses for nobody else', async () => {
    const { append } = node();
    const before = await headOf(1);
    const outcomes = await Promise.allSettled([
      append(draft(1, 1)),
      append(draft(1, 1, { text: 'a\u0000b' })),
      append(draft(2, 1)),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await headOf(1)).toBe(before + 2);
  });

  it('stores one message for a client id sent many times at once to three nodes', async () => {
    const three = [node(0), node(1), node(2)];
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) => three[i % 3]?.append(draft(3, (i % 2) + 1, { clientId: 'once' }))),
    );
    expect(new Set(answers.map((answer) => answer?.message.id)).size).toBe(1);
    expect(answers.filter((answer) => answer?.duplicate === false)).toHaveLength(1);
    for (const channelId of [1, 2]) expect(await headOf(channelId)).toBe((await numbersOf(channelId)).length);
  });

  it('gives a repeated client id the message as it is now, its content null once it is deleted', async () => {
    const { append, change } = node();
    const first = await append(draft(4, 1, { clientId: 'again', text: 'before' }));
    await change({ messageId: first.message.id, actorId: 4, kind: edit, given: { text: 'after' } });
    const edited = await append(draft(4, 2, { clientId: 'again', text: 'other' }));
    expect(edited).toMatchObject({
      duplicate: true,
      message: { id: first.message.id, content: { text: 'after' }, channelId: 1 },
    });
    await change({ messageId: first.message.id, actorId: 4, kind: removal, given: { erase: true } });
    const deleted = await append(draft(4, 1, { clientId: 'again' }));
    expect(deleted).toMatchObject({
      duplicate: true,
      message: { id: first.message.id, content: { text: null }, deleted: true },
    });
  });

  it('numbers the messages of two users in one log, whoever of them writes first', async () => {
    const [a, b] = [node(0), node(1)];
    const pair = (senderId: number, receiverId: number) => ({ ...draft(senderId, 0), channelId: null, receiverId });
    const stored = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? a.append(pair(5, 6)) : b.append(pair(6, 5)))),
    );
    expect(stored.map(({ message }) => message.seq).sort((x, y) => x - y)).toEqual(stored.map((_, i) => i + 1));
    expect((await a.append({ ...draft(7, 0), channelId: null, receiverId: 7 })).message).toMatchObject({ seq: 1 });
  });

  it('lets a log whose lock is held delay no other, and stores its messages when it is let go', async () => {
    const { append } = node();
    const other = nodes[1] as DatabaseHandle;
    let letGo = () => {};
    const released = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let locked = () => {};
    const isLocked = new Promise<void>((resolve) => {
      locked = resolve;
    });
    const holder = other.db.transaction(async (tx) => {
      await rows(tx as never, sql`select 1 from conversations where "channelId" = 1 for update`);
      locked();
      await released;
    });
    await isLocked;
    const stuck = append(draft(1, 1, { text: 'first' }));
    const stuckToo = append(draft(1, 1, { text: 'second' }));
    const free = await Promise.all([append(draft(1, 2)), append(draft(1, 3))]);
    expect(free.map(({ duplicate }) => duplicate)).toEqual([false, false]);
    expect((await append(draft(1, 2))).duplicate).toBe(false);
    letGo();
    await holder;
    const [first, second] = await Promise.all([stuck, stuckToo]);
    expect(second.message.seq).toBe(first.message.seq + 1);
  });
});

describe('change', () => {
  it('takes the next number for an edit and for a deletion, and tells the sink of both', async () => {
    const { append, change, events } = node();
    const { message } = await append(draft(1, 3));
    const edited = await change({ messageId: message.id, actorId: 1, kind: edit, given: { text: 'better' } });
    const deleted = await change({ messageId: message.id, actorId: 1, kind: removal, given: { erase: true } });
    expect([edited.updatedSeq, deleted.updatedSeq]).toEqual([message.seq + 1, message.seq + 2]);
    expect(events.map((event) => event.change.type)).toEqual(['stored', 'updated', 'deleted']);
    expect(deleted).toMatchObject({ deleted: true, content: { text: null }, seq: message.seq });
  });

  it('takes no number where the message is gone or the actor is no party', async () => {
    const { append, change } = node();
    const { message } = await append(draft(1, LONELY));
    const head = await headOf(LONELY);
    expect(await code(change({ messageId: message.id, actorId: 2, kind: edit, given: { text: 'mine' } }))).toBe(
      'MESSAGE_NOT_FOUND',
    );
    await change({ messageId: message.id, actorId: null, kind: removal, given: { erase: true } });
    expect(await code(change({ messageId: message.id, actorId: 1, kind: edit, given: { text: 'late' } }))).toBe(
      'MESSAGE_NOT_FOUND',
    );
    expect(await headOf(LONELY)).toBe(head + 1);
  });

  it('lets of an edit and a deletion at the same time no number go missing', async () => {
    const [a, b] = [node(0), node(1)];
    for (let round = 0; round < 20; round += 1) {
      const { message } = await a.append(draft(1, 4));
      await Promise.allSettled([
        a.change({ messageId: message.id, actorId: 1, kind: edit, given: { text: 'edit' } }),
        b.change({ messageId: message.id, actorId: 1, kind: removal, given: { erase: true } }),
      ]);
      const [row] = await rows<{ updatedSeq: number }>(
        db,
        sql`select "updatedSeq" from chats where id = ${message.id}::int`,
      );
      expect(row?.updatedSeq).toBe(await headOf(4));
    }
  });
});

describe('reading', () => {
  it('gives what changed after a number, each message once, and how far that reaches', async () => {
    const { append, change, read } = node();
    const since = await headOf(LONELY);
    const a = (await append(draft(1, LONELY, { text: 'a' }))).message;
    const b = (await append(draft(1, LONELY, { text: 'b' }))).message;
    await append(draft(1, LONELY, { text: 'c' }));
    await change({ messageId: a.id, actorId: 1, kind: edit, given: { text: 'A' } });
    await change({ messageId: b.id, actorId: 1, kind: removal, given: { erase: true } });
    const whole = await read(channelKey(LONELY), since, 10);
    expect(whole.messages.map((message) => [message.content.text, message.updatedSeq])).toEqual([
      ['c', since + 3],
      ['A', since + 4],
      [null, since + 5],
    ]);
    expect([whole.upTo, whole.head]).toEqual([since + 5, since + 5]);
    const first = await read(channelKey(LONELY), since, 2);
    expect([first.messages.length, first.upTo]).toEqual([2, since + 4]);
    expect(await read(channelKey(4242), 0, 10)).toMatchObject({ messages: [], head: 0 });
  });
});

describe('rows that the former service writes', () => {
  it('take the next numbers of their log when stored, edited and deleted', async () => {
    const before = await headOf(5);
    await rows(db, sql`insert into chats ("senderId", "channelId", text) values (1, 5, 'old'), (2, 5, 'old too')`);
    expect(await headOf(5)).toBe(before + 2);
    await rows(db, sql`update chats set text = 'edited' where text = 'old' and "channelId" = 5`);
    await rows(db, sql`update chats set "deletedAt" = now() where text = 'old too' and "channelId" = 5`);
    const { read } = node();
    const page = await read(channelKey(5), before, 10);
    expect(page.messages.map((message) => [message.seq, message.updatedSeq, message.deleted])).toEqual([
      [before + 1, before + 3, false],
      [before + 2, before + 4, true],
    ]);
  });

  it('make readers be checked again when a member is taken out', async () => {
    const version = async () => (await node().read(channelKey(2), 0, 1)).accessVersion;
    const before = await version();
    await rows(db, sql`delete from channel_members where "channelId" = 2 and "userId" = ${USERS}::int`);
    expect(await version()).toBe(before + 1);
  });
});
