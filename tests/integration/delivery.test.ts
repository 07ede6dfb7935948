// Delivery between nodes over a bus that loses, delays and reorders: every reader sees each event once and in order,
// or, after an absence, what is left of them; and ends with what the database has.

import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Principal } from '../../src/chat/accounts/principal.ts';
import { edit, removal } from '../../src/chat/messages/changes.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { rows } from '../../src/database/database.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { EMPTY_CONTENT } from '../../src/protocol/messages.ts';
import { createHubNode, type Frame, type HubNode, type RecordingTransport } from '../support/hub-node.ts';
import { createLossyBus, type LossyBus } from '../support/lossy-bus.ts';
import { createDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const USERS = 5;
let handle: DatabaseHandle;
let drop: () => Promise<void>;
const users = new Map<number, Principal>();
const started: HubNode[] = [];

beforeAll(async () => {
  const database = await createDatabase(inject('postgresUrl'));
  drop = database.drop;
  handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 8, ssl: false });
  await runMigrations(handle, 'migrations');
  await rows(
    handle.db,
    sql`insert into users (username, email, password)
    select 'user' || i, 'user' || i || '@example.com', 'none' from generate_series(1, ${USERS}::int) i`,
  );
  for (let id = 1; id <= USERS; id += 1) {
    const name = `user${id}`;
    users.set(id, { id, username: name, email: `${name}@example.com`, avatar: null, createdAt: '', isAdmin: false });
  }
});
afterAll(async () => {
  for (const node of started) node.hub.close();
  await handle.close();
  await drop();
});

async function channel(): Promise<number> {
  const [row] = await rows<{ id: number }>(
    handle.db,
    sql`insert into channels (name, "ownerId") values ('channel', 1) returning id`,
  );
  const id = row?.id as number;
  await rows(handle.db, sql`insert into channel_members ("userId", "channelId") select u.id, ${id}::int from users u`);
  return id;
}

let made = 0;

async function nodes(count: number, bus: LossyBus, limits = {}): Promise<HubNode[]> {
  const some = Array.from({ length: count }, () => {
    made += 1;
    return createHubNode({ nodeId: `n${made}`, db: handle.db, broker: bus.join(), users, limits });
  });
  started.push(...some);
  await Promise.all(some.map((node) => node.hub.start()));
  return some;
}

const perfect = () => createLossyBus(() => 0);
const isEvent = (frame: Frame) => frame.seq !== undefined;
const eventsOf = (transport: RecordingTransport) => transport.frames.filter(isEvent);
const seqsOf = (transport: RecordingTransport) => eventsOf(transport).map((frame) => frame.seq as number);
const ascending = (seqs: readonly number[]) => [...new Set(seqs)].sort((a, b) => a - b);

async function say(transport: RecordingTransport, channelId: number, text: string): Promise<Frame> {
  const answer = await transport.ask('channel.message', { channel_id: channelId, text });
  expect(answer.type).toBe('ack');
  return answer;
}

/** What a client that upserts by message id ends with: text by id, without the deleted. */
function replay(frames: readonly Frame[]): Map<number, string> {
  const state = new Map<number, string>();
  for (const { type, data } of frames) {
    if (type === 'message.deleted') state.delete(data.id as number);
    else state.set(data.id as number, data.text as string);
  }
  return state;
}

async function stateOf(channelId: number): Promise<Map<number, string>> {
  const found = await rows<{ id: number; text: string }>(
    handle.db,
    sql`select id, text from chats where "channelId" = ${channelId}::int and "deletedAt" is null order by id`,
  );
  return new Map(found.map(({ id, text }) => [id, text]));
}

describe('live delivery', () => {
  it('answers before it delivers, and one turn’s events leave in one write', async () => {
    const [node] = await nodes(1, perfect());
    const id = await channel();
    const reader = await (node as HubNode).connect(1);
    await reader.ask('channel.join', { channel_id: id });
    const before = reader.writes.length;
    const acks = await Promise.all([say(reader, id, 'a'), say(reader, id, 'b'), say(reader, id, 'c')]);
    await until('three events', () => seqsOf(reader).length === 3);
    const lastAck = Math.max(...acks.map((ack) => reader.frames.indexOf(ack)));
    expect(lastAck).toBeLessThan(reader.frames.findIndex(isEvent));
    expect(reader.writes.length - before).toBe(1);
  });

  it('brings every event to readers of other nodes once and in order over a bus that delays and reorders', async () => {
    let turn = 0;
    const some = await nodes(
      3,
      createLossyBus(() => (turn++ * 7) % 5),
    );
    const id = await channel();
    const readers = await Promise.all(some.map((node, i) => node.connect(i + 1)));
    for (const reader of readers) await reader.ask('channel.join', { channel_id: id });
    await Promise.all(readers.flatMap((reader) => Array.from({ length: 50 }, (_, i) => say(reader, id, `m${i}`))));
    for (const reader of readers) {
      await until('all events', () => seqsOf(reader).length >= 150);
      expect(seqsOf(reader)).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
    }
  });

  it('fills from the database what the bus has lost as soon as a later event shows the hole', async () => {
    let lose = false;
    const [a, b] = await nodes(
      2,
      createLossyBus(() => (lose ? false : 0)),
    );
    const id = await channel();
    const [sender, reader] = [await (a as HubNode).connect(1), await (b as HubNode).connect(2)];
    for (const one of [sender, reader]) await one.ask('channel.join', { channel_id: id });
    await say(sender, id, 'first');
    lose = true;
    const lost = await say(sender, id, 'lost');
    const { message } = await (a as HubNode).append({
      ...{
        senderId: 1,
        channelId: id,
        receiverId: null,
        clientId: null,
        content: { ...EMPTY_CONTENT, text: 'edited later' },
      },
    });
    await (a as HubNode).change({ messageId: message.id, actorId: 1, kind: edit, given: { text: 'edited' } });
    lose = false;
    await say(sender, id, 'last');
    await reader.until((frame) => frame.seq === 5);
    // Number 3 was replaced by the edit, number 4, which is the first that this reader hears of the message.
    expect(eventsOf(reader).map((frame) => [frame.seq, frame.type, frame.data.text])).toEqual([
      [1, 'channel.message', 'first'],
      [2, 'channel.message', 'lost'],
      [4, 'channel.message', 'edited'],
      [5, 'channel.message', 'last'],
    ]);
    expect((lost.data as { seq: number }).seq).toBe(2);
  });

  it('finds the lost last event by comparing heads, in channels and in direct messages', async () => {
    let lose = false;
    const [a, b] = await nodes(
      2,
      createLossyBus(() => (lose ? false : 0)),
    );
    const id = await channel();
    const [sender, reader] = [await (a as HubNode).connect(3), await (b as HubNode).connect(4)];
    for (const one of [sender, reader]) await one.ask('channel.join', { channel_id: id });
    lose = true;
    await say(sender, id, 'lost');
    await sender.ask('direct.message', { receiver_id: 4, text: 'lost too' });
    expect(eventsOf(reader)).toEqual([]);
    await (b as HubNode).delivery.reconciler.run();
    await reader.until((frame) => frame.type === 'channel.message');
    const direct = await reader.until((frame) => frame.type === 'direct.message');
    expect(direct.data).toMatchObject({ text: 'lost too', receiver_id: 4, sender_id: 3 });
  });
});

describe('direct messages', () => {
  it('reach all connections of both users on every node once, without a join, and not those from before', async () => {
    const [a, b] = await nodes(2, perfect());
    const sender = await (a as HubNode).connect(1);
    await sender.ask('direct.message', { receiver_id: 2, text: 'before' });
    const all = [
      sender,
      await (a as HubNode).connect(2),
      await (b as HubNode).connect(1),
      await (b as HubNode).connect(2),
    ];
    const before = eventsOf(sender).length;
    for (const text of ['one', 'two']) await sender.ask('direct.message', { receiver_id: 2, text });
    const late = await (b as HubNode).connect(2);
    await sender.ask('direct.message', { receiver_id: 2, text: 'three' });
    for (const connection of all) await connection.until((frame) => frame.data.text === 'three');
    await late.until((frame) => frame.data.text === 'three');
    const texts = (one: RecordingTransport) => eventsOf(one).map((frame) => frame.data.text);
    expect(texts(sender).slice(before)).toEqual(['one', 'two', 'three']);
    for (const connection of all.slice(1)) expect(texts(connection)).toEqual(['one', 'two', 'three']);
    expect(texts(late)).toEqual(['three']);
  });

  it('are read on from a number by direct.join', async () => {
    const [node] = await nodes(1, perfect());
    const sender = await (node as HubNode).connect(3);
    for (const text of ['one', 'two', 'three']) await sender.ask('direct.message', { receiver_id: 5, text });
    const reader = await (node as HubNode).connect(5);
    const answer = await reader.ask('direct.join', { user_id: 3, since: 1 });
    expect(answer.data).toEqual({ user_id: 3, last_seq: 3 });
    await reader.until((frame) => frame.seq === 3);
    expect(seqsOf(reader)).toEqual([2, 3]);
    expect((await reader.ask('direct.join', { user_id: 3, since: 4 })).data.code).toBe('VALIDATION_FAILED');
    expect((await reader.ask('direct.join', { user_id: 999 })).data.code).toBe('USER_NOT_FOUND');
  });
});

describe('signals for one user', () => {
  it('reach all devices of the user on every node once, but for the one that acted, and nobody else', async () => {
    const [here, there] = (await nodes(2, perfect())) as [HubNode, HubNode];
    const acting = await here.connect(2);
    const beside = await here.connect(2);
    const elsewhere = await there.connect(2);
    const others = await Promise.all([here.connect(1), there.connect(3)]);
    const connected = await acting.until(({ type }) => type === 'connection.connect');
    const { client_id } = connected.data as { client_id: string };
    const names = (transport: RecordingTransport) =>
      transport.frames.filter(({ type }) => type === 'channel.updated').map(({ data }) => data.name);

    here.delivery.signals.publishToUser(2, 'channel.updated', { channel_id: 1, name: 'first' }, client_id);
    here.delivery.signals.publishToUser(2, 'channel.updated', { channel_id: 1, name: 'second' });
    await elsewhere.until(({ data }) => data.name === 'second');
    for (const transport of [acting, beside, ...others]) await transport.ask('ping');
    expect(names(acting)).toEqual(['second']);
    for (const transport of [beside, elsewhere]) expect(names(transport)).toEqual(['first', 'second']);
    for (const transport of others) expect(names(transport)).toEqual([]);
  });
});

describe('catch-up', () => {
  it('gives what changed since, in its present state, then goes on live, on another node', async () => {
    const [a, b] = await nodes(2, perfect());
    const id = await channel();
    const sender = await (a as HubNode).connect(1);
    await sender.ask('channel.join', { channel_id: id });
    const old = (await say(sender, id, 'old')).data.id as number;
    const doomed = (await say(sender, id, 'doomed')).data.id as number;
    const fresh = (await say(sender, id, 'fresh')).data.id as number;
    const change = (messageId: number, text: string | null) =>
      text === null
        ? (a as HubNode).change({ messageId, actorId: 1, kind: removal, given: { erase: true } })
        : (a as HubNode).change({ messageId, actorId: 1, kind: edit, given: { text } });
    await change(old, 'OLD');
    await change(doomed, null);
    await change(fresh, 'FRESH');
    const reader = await (b as HubNode).connect(2);
    const answer = await reader.ask('channel.join', { channel_id: id, since: 2 });
    expect(answer.data.last_seq).toBe(6);
    await say(sender, id, 'live');
    await reader.until((frame) => frame.seq === 7);
    expect(eventsOf(reader).map((frame) => [frame.seq, frame.type, frame.data.text])).toEqual([
      [4, 'message.updated', 'OLD'],
      [5, 'message.deleted', undefined],
      [6, 'channel.message', 'FRESH'],
      [7, 'channel.message', 'live'],
    ]);
  });

  it('reads a long absence page by page and sends each message once while it goes on changing', async () => {
    const [node] = await nodes(1, perfect());
    const id = await channel();
    const sender = await (node as HubNode).connect(1);
    const sent = await Promise.all(Array.from({ length: 700 }, (_, i) => say(sender, id, `m${i}`)));
    const reader = await (node as HubNode).connect(2);
    const joined = reader.ask('channel.join', { channel_id: id, since: 0 });
    const edits = sent.slice(0, 60).map((ack, i) =>
      (node as HubNode).change({
        messageId: ack.data.id as number,
        actorId: 1,
        kind: edit,
        given: { text: `edit ${i}` },
      }),
    );
    await joined;
    await Promise.all(edits);
    await reader.until((frame) => frame.seq === 760);
    const seqs = seqsOf(reader);
    expect(seqs).toEqual(ascending(seqs));
    const firsts = eventsOf(reader).filter((frame) => frame.type === 'channel.message');
    expect(new Set(firsts.map((frame) => frame.data.id)).size).toBe(firsts.length);
    expect(replay(eventsOf(reader))).toEqual(await stateOf(id));
  });

  it('serves a thousand readers that come back at once from memory', async () => {
    const [node] = await nodes(1, perfect());
    const id = await channel();
    const first = await (node as HubNode).connect(1);
    await first.ask('channel.join', { channel_id: id });
    for (let i = 0; i < 30; i += 1) await say(first, id, `m${i}`);
    const pagesBefore = (node as HubNode).pagesRead();
    const readers = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => (node as HubNode).connect((i % USERS) + 1)),
    );
    await Promise.all(readers.map((reader) => reader.ask('channel.join', { channel_id: id, since: 10 })));
    for (const reader of readers) await reader.until((frame) => frame.seq === 30);
    expect((node as HubNode).pagesRead()).toBe(pagesBefore);
    expect(seqsOf(readers[999] as RecordingTransport)).toEqual(Array.from({ length: 20 }, (_, i) => i + 11));
  });

  it('lets a slow reader miss nothing in the same connection, and queues no more than its bound', async () => {
    const [node] = await nodes(1, perfect(), { maxBufferedBytes: 20_000 });
    const id = await channel();
    const [sender, slow] = [await (node as HubNode).connect(1), await (node as HubNode).connect(2)];
    for (const one of [sender, slow]) await one.ask('channel.join', { channel_id: id });
    slow.full = true;
    for (let i = 0; i < 400; i += 1) await say(sender, id, 'x'.repeat(500));
    expect(slow.bufferedBytes()).toBeLessThan(30_000);
    expect(seqsOf(sender)).toHaveLength(400);
    slow.drain();
    await slow.until((frame) => frame.seq === 400);
    await say(sender, id, 'live again');
    await slow.until((frame) => frame.seq === 401);
    expect(seqsOf(slow)).toEqual(Array.from({ length: 401 }, (_, i) => i + 1));
  });
});

describe('losing access', () => {
  it('ends delivery on every node, also where the command to end it was lost', async () => {
    let lose = false;
    const [a, b] = await nodes(
      2,
      createLossyBus(() => (lose ? false : 0)),
    );
    const id = await channel();
    const [sender, reader] = [await (a as HubNode).connect(1), await (b as HubNode).connect(2)];
    for (const one of [sender, reader]) await one.ask('channel.join', { channel_id: id });
    lose = true;
    await rows(handle.db, sql`delete from channel_members where "channelId" = ${id}::int and "userId" = 2`);
    lose = false;
    await say(sender, id, 'secret');
    await reader.until((frame) => frame.type === 'channel.leave' && frame.data.user_id === 2);
    expect(eventsOf(reader)).toEqual([]);
    expect((await reader.ask('channel.join', { channel_id: id })).data.code).toBe('CHANNEL_NOT_FOUND');
  });
});
