// What storing a batch reads of the database depends on the batch alone: also for a connection that planned its statements
// when the tables were empty and known to be.

import { sql } from 'drizzle-orm';
import { expect, inject, it } from 'vitest';
import { createStoreBatch } from '../../src/chat/log/append-statement.ts';
import { createChangeBatch } from '../../src/chat/log/change-statement.ts';
import type { Draft } from '../../src/chat/log/log.ts';
import { react } from '../../src/chat/reactions/change.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { type Database, rows } from '../../src/database/database.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { EMPTY_CONTENT } from '../../src/protocol/messages.ts';
import { createDatabase } from '../support/postgres.ts';

const CHANNELS = 2_000;
const BATCH = 10;

it('a batch reads a few rows of each table, whatever was in them when it was planned', async () => {
  const { url, drop } = await createDatabase(inject('postgresUrl'));
  const handle = await connectDatabase({ kind: 'postgres', url, poolMax: 1, ssl: false });
  try {
    await runMigrations(handle, 'migrations');
    await rows(handle.db, sql`vacuum analyze`);
    expect(await outcomes(handle.db, 1)).toEqual(['no_sender']);
    await planReactions(handle.db);
    await fill(handle.db);
    await handle.db.transaction(async (transaction) => {
      const db = transaction as Database;
      const before = await entriesRead(db);
      expect(await outcomes(db, BATCH)).toEqual(Array.from({ length: BATCH }, () => 'stored'));
      const read = [...(await entriesRead(db))].map(([name, entries]) => [name, entries - (before.get(name) ?? 0)]);
      expect(read.filter(([, entries]) => (entries as number) > BATCH * 10)).toEqual([]);
    });
    await handle.db.transaction(async (transaction) => {
      const db = transaction as Database;
      const before = await entriesRead(db);
      for (const add of [true, false]) {
        expect(await reacted(db, 1, BATCH, add)).toEqual(Array.from({ length: BATCH }, () => 'changed'));
      }
      const read = [...(await entriesRead(db))].map(([name, entries]) => [name, entries - (before.get(name) ?? 0)]);
      expect(read.filter(([, entries]) => (entries as number) > BATCH * 10)).toEqual([]);
    });
  } finally {
    await handle.close();
    await drop();
  }
});

async function outcomes(db: Database, count: number): Promise<string[]> {
  const nothing = { receiverId: null, content: { ...EMPTY_CONTENT, text: 'hello' } };
  const drafts = Array.from({ length: count }, (_, i): Draft => {
    return { ...nothing, senderId: i + 1, channelId: 100 + i, clientId: `client ${i}` };
  });
  return (await createStoreBatch(db)(drafts)).map(({ outcome }) => outcome);
}

/** Reactions of users to one message, which also have reacted to all others; many others have reacted to it. */
async function reacted(db: Database, messageId: number, count: number, add = true): Promise<string[]> {
  const asked = Array.from({ length: count }, (_, i) => {
    return { messageId, actorId: i + 1, kind: react, given: { emoji: '👍', add, replace: false } };
  });
  return (await createChangeBatch(db)(asked)).map(({ outcome }) => outcome);
}

/** Makes the plans of a reaction while there is one message, and nothing else. */
async function planReactions(db: Database): Promise<void> {
  await rows(db, sql`insert into users (username, email, password) values ('first', 'first', 'none')`);
  await rows(db, sql`insert into chats ("senderId", "receiverId", text) values (1, 1, 'first')`);
  for (const add of [true, false]) expect(await reacted(db, 1, 1, add)).toEqual(['changed']);
  // Not truncated, because plans of tables that were are made anew.
  for (const table of ['reactions', 'seats', 'chats', 'conversations', 'users']) {
    await rows(db, sql`delete from ${sql.identifier(table)}`);
  }
  for (const table of ['chats', 'conversations', 'users']) {
    await rows(db, sql`select setval(pg_get_serial_sequence(${table}::text, 'id'), 1, false)`);
  }
}

/** As many users and channels, each with its log, each user in all of the first channels, and messages with client ids. */
async function fill(db: Database): Promise<void> {
  const all = sql`generate_series(1, ${CHANNELS}::int) i`;
  await rows(db, sql`insert into users (username, email, password) select 'u' || i, 'u' || i, 'none' from ${all}`);
  await rows(db, sql`insert into channels (name, "ownerId") select 'c', 1 from ${all}`);
  await rows(
    db,
    sql`insert into channel_members ("userId", "channelId") select i, 100 + i - 1 from ${all} where i < 1900`,
  );
  await rows(db, sql`insert into channel_members ("userId", "channelId") select i, 1 from ${all}`);
  await rows(
    db,
    sql`insert into chats ("senderId", "channelId", text, "clientId") select i, 1, 'before', 'before' from ${all}`,
  );
  await rows(db, sql`insert into conversations ("channelId") select id from channels on conflict do nothing`);
  await rows(
    db,
    sql`insert into reactions ("messageId", "userId", emoji)
      select 1, u.id, 'x' from users u where u.id > ${BATCH}::int
      union all select m.id, u, 'x' from chats m, generate_series(1, ${BATCH}::int) u where m.id > 1`,
  );
}

/** How many entries of each index this connection has read, lately and in this transaction. */
async function entriesRead(db: Database): Promise<Map<string, number>> {
  const found = await rows<{ name: string; entries: number }>(
    db,
    sql`select i.relname as name, pg_stat_get_xact_tuples_returned(i.oid)::int as entries
      from pg_class i join pg_index x on x.indexrelid = i.oid where i.relnamespace = current_schema()::regnamespace`,
  );
  return new Map(found.map(({ name, entries }) => [name, entries]));
}
