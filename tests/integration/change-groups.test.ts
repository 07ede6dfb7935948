// Changes of messages in groups, on a real PostgreSQL and embedded: each is right whatever else is in its batch.

import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createSystemClock } from '../../src/backends/clock/system.ts';
import { createAppend } from '../../src/chat/log/append.ts';
import { createChangeMessage } from '../../src/chat/log/change.ts';
import type { LogEvent, StoredMessage } from '../../src/chat/log/event.ts';
import { channelKey } from '../../src/chat/log/key.ts';
import type { ChangeMessage } from '../../src/chat/log/log.ts';
import { createReadLog } from '../../src/chat/log/read.ts';
import { edit, removal } from '../../src/chat/messages/changes.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { rows } from '../../src/database/database.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { EMPTY_CONTENT } from '../../src/protocol/messages.ts';
import { createDatabase } from '../support/postgres.ts';

/** Users 1 and 2 are in channels 1 to 3, user 3 is in none. */
const [ANN, BOB, STRANGER] = [1, 2, 3];
const CHANNELS = 3;
const clock = createSystemClock({ defer: setImmediate });

describe.each(['postgres', 'embedded'] as const)('on %s', (kind) => {
  let handles: DatabaseHandle[];
  let drop: () => Promise<void> = async () => {};

  beforeAll(async () => {
    if (kind === 'postgres') {
      const database = await createDatabase(inject('postgresUrl'));
      drop = database.drop;
      const connect = () => connectDatabase({ kind, url: database.url, poolMax: 3, ssl: false });
      handles = await Promise.all([connect(), connect(), connect()]);
    } else handles = [await connectDatabase({ kind, directory: 'memory://' })];
    await runMigrations(first(), 'migrations');
    const { db } = first();
    await rows(
      db,
      sql`insert into users (username, email, password) select 'u' || i, 'u' || i, 'none' from generate_series(1, 3) i`,
    );
    await rows(
      db,
      sql`insert into channels (name, "ownerId") select 'channel', 1 from generate_series(1, ${CHANNELS}::int)`,
    );
    await rows(
      db,
      sql`insert into channel_members ("userId", "channelId") select u, c from generate_series(1, 2) u, generate_series(1, 3) c`,
    );
  });
  afterAll(async () => {
    await Promise.all(handles.map((handle) => handle.close()));
    await drop();
  });

  const first = () => handles[0] as DatabaseHandle;

  function node(index = 0) {
    const { db } = handles[index % handles.length] as DatabaseHandle;
    const events: LogEvent[] = [];
    const sink = (batch: readonly LogEvent[]) => void events.push(...batch);
    const change = createChangeMessage({ db, sink, clock });
    return { db, events, change, append: createAppend({ db, sink: () => {}, clock }), read: createReadLog({ db }) };
  }

  async function said(channelId = 1): Promise<StoredMessage> {
    const content = { ...EMPTY_CONTENT, text: 'said' };
    const { message } = await node().append({ senderId: ANN, channelId, receiverId: null, clientId: null, content });
    return message;
  }

  const edited = (change: ChangeMessage, messageId: number, text: string, actorId: number | null = ANN) =>
    change({ messageId, actorId, kind: edit, given: { text } });
  const removed = (change: ChangeMessage, messageId: number) =>
    change({ messageId, actorId: ANN, kind: removal, given: { erase: true } });

  it('gives each change of one message in one batch a number and a state of its own', async () => {
    const { change, events, read } = node();
    const message = await said();
    const texts = ['one', 'two', 'three'];
    const answers = await Promise.all(texts.map((text) => edited(change, message.id, text)));
    expect(answers.map(({ content, updatedSeq }) => [content.text, updatedSeq])).toEqual(
      texts.map((text, i) => [text, message.seq + 1 + i]),
    );
    expect(events.map(({ message: { updatedSeq, content } }) => [content.text, updatedSeq])).toEqual(
      texts.map((text, i) => [text, message.seq + 1 + i]),
    );
    const { head, messages } = await read(channelKey(1), message.seq, 10);
    expect(head).toBe(message.seq + 3);
    expect(messages.map(({ content, updatedSeq }) => [content.text, updatedSeq])).toEqual([['three', head]]);
  });

  it('refuses what comes after a deletion in the same batch, and all of a stranger', async () => {
    const { change, events, read } = node();
    const [message, other] = [await said(), await said()];
    const outcomes = await Promise.allSettled([
      edited(change, message.id, 'seen'),
      edited(change, message.id, 'by a stranger', STRANGER),
      edited(change, other.id, 'by somebody else', BOB),
      removed(change, message.id),
      edited(change, message.id, 'too late'),
      removed(change, message.id),
      edited(change, 987_654, 'never was'),
      edited(change, other.id, 'by an admin', null),
    ]);
    const gone = 'MESSAGE_NOT_FOUND';
    expect(outcomes.map((one) => (one.status === 'rejected' ? one.reason.code : one.value.content.text))).toEqual([
      ...['seen', gone, 'by somebody else', null, gone, gone, gone, 'by an admin'],
    ]);
    const numbers = events.map((event) => event.message.updatedSeq);
    expect(numbers).toEqual([1, 2, 3, 4].map((i) => other.seq + i));
    expect((await read(channelKey(1), other.seq, 10)).head).toBe(other.seq + 4);
  });

  it('accounts for every number while several nodes send, edit and delete in the same logs', async () => {
    const three = [node(0), node(1), node(2)];
    const messages = await Promise.all(Array.from({ length: 60 }, (_, i) => said((i % CHANNELS) + 1)));
    const work = Array.from({ length: 600 }, (_, i) => {
      const { change } = three[i % 3] as ReturnType<typeof node>;
      const { id } = messages[(i * 7) % messages.length] as StoredMessage;
      if (i % 10 === 9) return said((i % CHANNELS) + 1);
      return i % 11 === 10 ? removed(change, id) : edited(change, id, `edit ${i}`);
    });
    const answers = await Promise.allSettled(work);
    const failures = answers.flatMap((one) => (one.status === 'rejected' ? one.reason.code : []));
    expect(new Set(failures)).toEqual(new Set(['MESSAGE_NOT_FOUND']));

    for (let channelId = 1; channelId <= CHANNELS; channelId += 1) {
      const { head } = await node().read(channelKey(channelId), 0, 1_000);
      const mine = (one: { channelId: number | null }) => one.channelId === channelId;
      const changed = three.flatMap(({ events }) => events.map((event) => event.message).filter(mine));
      const { db } = node();
      const stored = await rows<{ seq: number }>(db, sql`select seq from chats where "channelId" = ${channelId}::int`);
      // The tests before have used some numbers of the first log.
      const used = [...changed.map((message) => message.updatedSeq), ...stored.map(({ seq }) => seq)];
      expect(new Set(used).size).toBe(used.length);
      if (channelId > 1) expect(used.sort((a, b) => a - b)).toEqual(Array.from({ length: head }, (_, i) => i + 1));
    }
  });

  it('makes no change that waited for too long', async () => {
    const { change, read } = node();
    const message = await said(2);
    const late = change(
      { messageId: message.id, actorId: ANN, kind: edit, given: { text: 'late' } },
      performance.now(),
    );
    await expect(late).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect((await read(channelKey(2), 0, 1_000)).head).toBe(message.seq);
  });

  if (kind === 'postgres')
    it('lets a message whose log is locked delay no other, and changes it when the log is free', async () => {
      const { change } = node(1);
      const [stuck, free] = [await said(2), await said(3)];
      let waiting: Promise<StoredMessage> | undefined;
      await first().db.transaction(async (transaction) => {
        await transaction.execute(sql`select 1 from conversations where "channelId" = 2 for update`);
        waiting = edited(change, stuck.id, 'in the end');
        expect((await edited(change, free.id, 'at once')).content.text).toBe('at once');
      });
      expect((await waiting)?.content.text).toBe('in the end');
    });
});
