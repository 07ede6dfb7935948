// One sender, two nodes, the same client ids in other orders and other conversations at the same time: the unique index
// makes the batches wait for each other in a circle. Whatever the interleaving, each id becomes one message, everybody hears
// which, and soon.

import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createSystemClock } from '../../src/backends/clock/system.ts';
import { createAppend } from '../../src/chat/log/append.ts';
import type { Append } from '../../src/chat/log/log.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { rows } from '../../src/database/database.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { EMPTY_CONTENT } from '../../src/protocol/messages.ts';
import { createDatabase } from '../support/postgres.ts';

const ROUNDS = 30;
const IDS = 300;
const CHANNELS = 4;
/** Far below the 10 s that an answer may take. */
const SOON_MS = 4_000;

let drop: () => Promise<void>;
let handles: DatabaseHandle[];
let nodes: Append[];
let db: DatabaseHandle['db'];

/** `patience` is how long the server waits before it looks for a circle. */
async function prepare(patience: string): Promise<void> {
  const database = await createDatabase(inject('postgresUrl'));
  drop = database.drop;
  const { pathname } = new URL(database.url);
  await administer(`alter database ${pathname.slice(1)} set deadlock_timeout = '${patience}'`);
  const connect = () => connectDatabase({ kind: 'postgres', url: database.url, poolMax: 5, ssl: false });
  handles = await Promise.all([connect(), connect()]);
  db = (handles[0] as DatabaseHandle).db;
  await runMigrations(handles[0] as DatabaseHandle, 'migrations');
  await rows(db, sql`insert into users (username, email, password) values ('ann', 'ann@example.com', 'none')`);
  await rows(db, sql`insert into channels (name, "ownerId") select 'c', 1 from generate_series(1, ${CHANNELS}::int)`);
  await rows(db, sql`insert into channel_members ("userId", "channelId") select 1, id from channels`);
  const clock = createSystemClock({ defer: setImmediate });
  nodes = handles.map((handle) => createAppend({ db: handle.db, sink: () => {}, clock }));
}

async function clear(): Promise<void> {
  await Promise.all(handles.map((handle) => handle.close()));
  await drop();
}

async function administer(statement: string): Promise<void> {
  const handle = await connectDatabase({ kind: 'postgres', url: inject('postgresUrl'), poolMax: 1, ssl: false });
  await rows(handle.db, sql.raw(statement));
  await handle.close();
}

/** A generator of its own, so that a failing round can be told and played again. */
function randomFrom(seed: number): () => number {
  let state = Math.imul(seed + 1, 2_654_435_761) >>> 0;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

/** From both ends towards each other, which makes a circle almost surely, or anyhow. */
function ordered<T>(list: readonly T[], node: number, random: () => number): T[] {
  if (random() < 0.5) return shuffled(list, random);
  return node === 0 ? [...list] : [...list].reverse();
}

describe.each([
  ['our own limit ends the wait', '1s'],
  ['the server finds the circle', '5ms'],
])('client ids that cross, where %s', (_how, patience) => {
  beforeAll(() => prepare(patience));
  afterAll(clear);

  it.each(Array.from({ length: ROUNDS }, (_, seed) => [seed]))('seed %i', async (seed) => {
    const random = randomFrom(seed);
    const ids = Array.from({ length: IDS }, (_, index) => `${seed}-${index}`);
    const channel = () => 1 + Math.floor(random() * CHANNELS);
    // Each node has one conversation for all, or takes any: in both ways the logs' own locks may not keep them apart.
    const fixed = random() < 0.5 ? [1, 2] : undefined;
    const began = performance.now();
    const answers = await Promise.all(
      nodes.flatMap((append, node) =>
        ordered(ids, node, random).map(async (clientId) => {
          const channelId = fixed?.[node] ?? channel();
          const draft = {
            senderId: 1,
            channelId,
            receiverId: null,
            clientId,
            content: { ...EMPTY_CONTENT, text: clientId },
          };
          return { clientId, ...(await append(draft)) };
        }),
      ),
    );
    const took = performance.now() - began;
    for (const clientId of ids) {
      const both = answers.filter((answer) => answer.clientId === clientId);
      expect(new Set(both.map(({ message }) => message.id)).size).toBe(1);
      expect(both.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    }
    expect(took).toBeLessThan(SOON_MS);
  });

  it('leave no gap behind', async () => {
    const found = await rows<{ gaps: number }>(
      db,
      sql`select count(*) as gaps from conversations c
        where c."accountId" is null and c."lastSeq" <> (select count(*) from chats m where m."conversationId" = c.id)`,
    );
    expect(found).toEqual([{ gaps: 0 }]);
  });
});
