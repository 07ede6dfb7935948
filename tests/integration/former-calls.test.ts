// Nodes of the version before, whose functions took a message's content field by field: what they call still answers as it
// did, row by row.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connectDatabase } from '../../src/database/connect.ts';
import { type Database, rows } from '../../src/database/database.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { createDatabase } from '../support/postgres.ts';

/** The last migration that such a node knows. */
const LAST_KNOWN = 4;

interface Side {
  readonly handle: DatabaseHandle;
  readonly drop: () => Promise<void>;
}

let folder: string;
let former: Side;
let present: Side;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'migrations-'));
  cpSync('migrations', folder, { recursive: true });
  const file = join(folder, 'meta/_journal.json');
  const journal: { entries: { idx: number }[] } = JSON.parse(readFileSync(file, 'utf8'));
  const entries = journal.entries.filter(({ idx }) => idx <= LAST_KNOWN);
  writeFileSync(file, JSON.stringify({ ...journal, entries }));
  [former, present] = (await Promise.all([open(folder), open('migrations')])) as [Side, Side];
});
afterAll(async () => {
  for (const { handle, drop } of [former, present]) {
    await handle.close();
    await drop();
  }
  rmSync(folder, { recursive: true });
});

async function open(migrations: string): Promise<Side> {
  const database = await createDatabase(inject('postgresUrl'));
  const handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 1, ssl: false });
  await runMigrations(handle, migrations);
  const { db } = handle;
  await rows(
    db,
    sql`insert into users (username, email, password, avatar)
      select 'user' || i, 'user' || i || '@example.com', 'none', 'a.png' from generate_series(1, 4) i`,
  );
  await rows(db, sql`update users set "deletedAt" = now() where id = 4`);
  await rows(db, sql`insert into channels (name, "ownerId") values ('c', 1), ('gone', 1)`);
  await rows(db, sql`update channels set "deletedAt" = now() where id = 2`);
  await rows(
    db,
    sql`insert into channel_members ("userId", "channelId") select u, c from generate_series(1, 2) u, generate_series(1, 2) c`,
  );
  return { handle, drop: database.drop };
}

type Draft = [sender: number, channel: number | null, receiver: number | null, text: string | null, clientId?: string];

const append = (drafts: Draft[]) => (db: Database) => {
  const list = (at: number) => sql.param(drafts.map((draft) => draft[at] ?? null));
  const texts = sql.param(drafts.map(([, , , text]) => text));
  const names = sql.param(drafts.map(([, , , text]) => (text === null ? 'ä "b".png' : null)));
  return rows(
    db,
    sql`select * from append_messages(${list(0)}::int[], ${list(1)}::int[], ${list(2)}::int[], ${texts}::text[],
      ${list(9)}::text[], ${names}::text[], ${list(4)}::text[])`,
  );
};
const change = (id: number, actor: number | null, text: string | null) => (db: Database) =>
  rows(db, sql`select * from change_message(${id}::int, ${actor}::int, ${text}::text)`);

/** What both answer, without the moment at which it was: only whether a message was changed since it was stored. */
async function both(call: (db: Database) => Promise<Record<string, unknown>[]>) {
  const answers = await Promise.all([former, present].map(({ handle }) => call(handle.db)));
  return answers.map((list) =>
    list.map(({ createdAt, updatedAt, ...row }) => ({ ...row, isChanged: createdAt !== updatedAt })),
  );
}

describe('what a node of the version before calls', () => {
  it.each<[string, (db: Database) => Promise<Record<string, unknown>[]>, number]>([
    [
      'storing, to a channel and to users',
      append([
        [1, 1, null, 'one "quoted" \\ text', 'a'],
        [1, 1, null, null],
        [2, null, 1, 'psst', 'b'],
        [2, null, 2, ''],
      ]),
      4,
    ],
    [
      'drafts that are refused',
      append([
        [3, 1, null, 'no member'],
        [1, 2, null, 'deleted channel'],
        [1, 9, null, 'no channel'],
        [1, null, 4, 'deleted receiver'],
        [4, 1, null, 'deleted sender'],
      ]),
      5,
    ],
    [
      'a client id that was used before, and one twice in a batch',
      append([
        [1, null, 2, 'x', 'a'],
        [1, 1, null, 'y', 'c'],
        [1, 1, null, 'z', 'c'],
      ]),
      3,
    ],
    ['no drafts', append([]), 0],
    ['an edit', change(1, 1, 'edited'), 1],
    ['an edit by who is no party', change(1, 3, 'edited'), 0],
    ['the client id of an edited message', append([[1, 1, null, 'x', 'a']]), 1],
    ['a deletion by an admin', change(1, null, null), 1],
    ['an edit of a deleted message', change(1, 1, 'late'), 0],
    ['the client id of a deleted message', append([[1, 1, null, 'x', 'a']]), 1],
    ['a deletion of a direct message', change(3, 2, null), 1],
  ])('%s is answered as before', async (_what, call, count) => {
    const [before, now] = await both(call);
    expect(before).toHaveLength(count);
    expect(now).toEqual(before);
  });

  it('leaves the same behind', async () => {
    const stored = (db: Database) =>
      rows(
        db,
        sql`select id, "senderId", "receiverId", "channelId", text, url, "fileName", seq, "updatedSeq", "clientId",
        (select concat_ws('.', c."channelId", c."userLow", c."userHigh") from conversations c
          where c.id = m."conversationId") as log,
        "deletedAt" is null as "isThere", "createdAt", "updatedAt" from chats m order by id`,
      );
    const [before, now] = await both(stored);
    expect(before).toHaveLength(5);
    expect(now).toEqual(before);
  });
});
