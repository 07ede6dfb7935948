// Reading the same part of a log again and again: bounded for each connection, and nobody else waits for it.
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { createMemoryBroker } from '../../src/backends/broker/memory.ts';
import type { Principal } from '../../src/chat/accounts/principal.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { rows } from '../../src/database/database.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { createHubNode, type HubNode } from '../support/hub-node.ts';
import { createDatabase } from '../support/postgres.ts';

/** Five pages. */
const MESSAGES = 900;
const ADA = 1;
const LONG = 1;
const SHORT = 2;

let handle: DatabaseHandle;
let drop: () => Promise<void>;
let node: HubNode;
const users = new Map<number, Principal>([
  [ADA, { id: ADA, username: 'ada', email: '', avatar: null, createdAt: '', isAdmin: false }],
]);

beforeAll(async () => {
  const database = await createDatabase(inject('postgresUrl'));
  drop = database.drop;
  handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 4, ssl: false });
  await runMigrations(handle, 'migrations');
  await rows(handle.db, sql`insert into users (username, email, password) values ('ada', 'ada@example.com', 'none')`);
  await rows(handle.db, sql`insert into channels (name, "ownerId") values ('long', 1), ('short', 1)`);
  await rows(handle.db, sql`insert into channel_members ("userId", "channelId") values (1, 1), (1, 2)`);
  await rows(
    handle.db,
    sql`insert into chats ("senderId", "channelId", text)
      select 1, ${LONG}::int, 'one' from generate_series(1, ${MESSAGES}::int) union all select 1, ${SHORT}::int, 'two'`,
  );
});
afterAll(async () => {
  await handle.close();
  await drop();
});
beforeEach(async () => {
  // Its rings are empty: whatever is read on comes from the database.
  node = createHubNode({ nodeId: 'n1', db: handle.db, broker: createMemoryBroker(), users });
  await node.hub.start();
  return () => node.hub.close();
});

it('is answered RATE_LIMITED in the end; reading on is free', async () => {
  const reader = await node.connect(ADA);
  const answers = [];
  for (let time = 0; time < 80; time += 1) {
    answers.push(await reader.ask('channel.join', { channel_id: SHORT, since: 0 }));
  }
  const refused = answers.filter(({ type }) => type === 'error');
  expect(refused.length).toBeGreaterThan(0);
  expect(answers.length - refused.length).toBeGreaterThanOrEqual(30);
  expect(refused[0]?.data).toMatchObject({ code: 'RATE_LIMITED', retry_after_ms: expect.any(Number) });
  expect((await reader.ask('channel.join', { channel_id: SHORT, since: 1 })).type).toBe('ack');
});

it('makes no other log and no other connection wait, and ends', async () => {
  const reader = await node.connect(ADA);
  await reader.ask('channel.join', { channel_id: LONG, since: 0 });
  await reader.until(({ seq }) => seq === MESSAGES);
  const standstill = watchEventLoop();
  let answer = await reader.ask('channel.join', { channel_id: LONG, since: 0 });
  while (answer.type === 'ack') {
    await reader.until(({ seq }) => seq === 200);
    answer = await reader.ask('channel.join', { channel_id: LONG, since: 0 });
  }
  const sent = reader.frames.length;
  await reader.ask('channel.join', { channel_id: SHORT, since: 0 });
  await reader.until(({ type, data }) => type === 'channel.message' && data.channel_id === SHORT);
  // A page of the long log that was under way already may come in between.
  const ofOthers = reader.frames.slice(sent).filter(({ type, data }) => type === 'ack' || data.channel_id === SHORT);
  expect(ofOthers.map(({ type, data }) => data.text ?? type)).toEqual(['ack', 'two']);
  expect(standstill()).toBeLessThan(500);
  // What it was sent live of the long log after that comes when it has caught up: later, but it comes.
  const { data } = await reader.ask('channel.message', { channel_id: LONG, text: 'three' });
  await reader.until((frame) => frame.type === 'channel.message' && frame.data.id === data.id);
});

it('is counted also if the client leaves before it is sent anything', async () => {
  const reader = await node.connect(ADA);
  const asked = [];
  for (let time = 0; time < 400; time += 1) {
    asked.push(reader.ask('channel.join', { channel_id: LONG, since: 0 }));
    asked.push(reader.ask('channel.leave', { channel_id: LONG }));
    if (time % 10 === 9) await Promise.all(asked);
  }
  expect(node.pagesRead()).toBeGreaterThan(0);
  expect(node.pagesRead()).toBeLessThan(100);
});

/** Gives the longest time since, in ms, in which this process did nothing else. */
function watchEventLoop(): () => number {
  let longest = 0;
  let before = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - before);
    before = now;
  }, 5);
  return () => {
    clearInterval(timer);
    return longest;
  };
}
