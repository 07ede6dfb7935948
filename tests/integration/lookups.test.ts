// What storing a batch reads of the database depends on the batch alone: also for a connection that planned its statements
// when the tables were empty and known to be.

import { sql } from 'drizzle-orm';
import { expect, inject, it } from 'vitest';
import { createStoreBatch } from '../../src/chat/log/append-statement.ts';
import type { Draft } from '../../src/chat/log/log.ts';
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
    await fill(handle.db);
    await handle.db.transaction(async (transaction) => {
      const db = transaction as Database;
      const before = await entriesRead(db);
      expect(await outcomes(db, BATCH)).toEqual(Array.from({ length: BATCH }, () => 'stored'));
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
