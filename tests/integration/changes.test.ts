// Every change that is registered, told in all the ways there are: live here and on another node, where its publication was
// lost, in a catch-up from memory and from the database, and on a page. All of them say the same. A change whose place is
// not in the log, as one that leaves `updatedSeq` as it was, is missing in some.

import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Principal } from '../../src/chat/accounts/principal.ts';
import { CHANGES } from '../../src/chat/log/changes.ts';
import { edit, removal } from '../../src/chat/messages/changes.ts';
import { createMessagePages, type MessagePage } from '../../src/chat/messages/pages.ts';
import { react } from '../../src/chat/reactions/change.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { rows } from '../../src/database/database.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { EMPTY_CONTENT } from '../../src/protocol/messages.ts';
import { createHubNode, type Frame, type HubNode } from '../support/hub-node.ts';
import { createLossyBus } from '../support/lossy-bus.ts';
import { createDatabase } from '../support/postgres.ts';

const [ANN, BOB] = [1, 2];
const ALL_AT_ONCE = { limit: 20 };
const principal = (id: number): [number, Principal] => [
  id,
  { id, username: `user${id}`, email: `user${id}@example.com`, avatar: null, createdAt: '', isAdmin: false },
];
const users = new Map([principal(ANN), principal(BOB)]);

type Party = { channelId: number; receiverId: null } | { channelId: null; receiverId: number };

/** Makes the change happen, to a message of Ann's with the number 1. A new one needs a line here. */
const PERFORM: Readonly<Record<string, (node: HubNode, party: Party, messageId: number) => Promise<unknown>>> = {
  stored: (node, party) => node.append(draft(party, 'another')),
  updated: (node, _, messageId) => node.change({ messageId, actorId: ANN, kind: edit, given: { text: 'edited' } }),
  reacted: (node, _, messageId) =>
    node.change({ messageId, actorId: BOB, kind: react, given: { emoji: '👍', add: true, replace: false } }),
  deleted: (node, _, messageId) => node.change({ messageId, actorId: ANN, kind: removal, given: { erase: true } }),
};

function draft(party: Party, text: string) {
  return { senderId: ANN, ...party, clientId: null, content: { ...EMPTY_CONTENT, text, fileName: 'a.png' } };
}

let handle: DatabaseHandle;
let drop: () => Promise<void>;
const started: HubNode[] = [];

beforeAll(async () => {
  const database = await createDatabase(inject('postgresUrl'));
  drop = database.drop;
  handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 8, ssl: false });
  await runMigrations(handle, 'migrations');
});
afterAll(async () => {
  for (const node of started) node.hub.close();
  await handle.close();
  await drop();
});

/** Nodes of which the third hears nothing of the others. */
async function nodes(): Promise<HubNode[]> {
  const bus = createLossyBus(() => 0);
  const brokers = [bus.join(), bus.join(), createLossyBus(() => 0).join(), bus.join()];
  const some = brokers.map((broker, i) =>
    createHubNode({ nodeId: `n${started.length + i}`, db: handle.db, broker, users }),
  );
  started.push(...some);
  await Promise.all(some.map((node) => node.hub.start()));
  return some;
}

async function empty(): Promise<void> {
  await rows(handle.db, sql`truncate users, channels, conversations restart identity cascade`);
  await rows(
    handle.db,
    sql`insert into users (username, email, password)
      select 'user' || i, 'user' || i || '@example.com', 'none' from generate_series(1, 2) i`,
  );
  await rows(handle.db, sql`insert into channels (name, "ownerId") values ('channel', 1)`);
  await rows(handle.db, sql`insert into channel_members ("userId", "channelId") values (1, 1), (2, 1)`);
}

/** The frame with number 2, as somebody gets it who has number 1. */
async function second(node: HubNode, join: [string, object]): Promise<() => Promise<Frame>> {
  const reader = await node.connect(BOB);
  const [type, data] = join;
  const answer = await reader.ask(type, { ...data, since: 1 });
  expect(answer.type).toBe('ack');
  return () => reader.until((frame) => frame.seq === 2);
}

async function page(party: Party, messageId: number) {
  const pages = createMessagePages({ db: handle.db });
  const text =
    party.channelId === null
      ? await pages.ofFriend(BOB, ANN, ALL_AT_ONCE)
      : await pages.ofChannel(party.channelId, ALL_AT_ONCE);
  return (JSON.parse(text) as MessagePage).data.find(({ id }) => id === messageId);
}

/** A message of a page under the names of frames. */
function asData({ type, ...resource }: Record<string, unknown>): Record<string, unknown> {
  const named = Object.entries(resource).filter(
    ([name, value]) => value !== null || !/^(channel|receiver)Id$/.test(name),
  );
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const inFrames = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inFrames);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [snake(name), inFrames(inner)]));
  };
  return { ...(inFrames(Object.fromEntries(named)) as object), message_type: type };
}

describe.each([
  ['a channel', { channelId: 1, receiverId: null }, ['channel.join', { channel_id: 1 }]],
  ['a pair of users', { channelId: null, receiverId: BOB }, ['direct.join', { user_id: ANN }]],
] as const)('in the log of %s', (_of, party, [type, data]) => {
  it.each(CHANGES)('a message that was $type is the same to everybody', async (change) => {
    await empty();
    const [here, there, deaf, fresh] = (await nodes()) as [HubNode, HubNode, HubNode, HubNode];
    const { message } = await here.append(draft(party, 'first'));
    const join: [string, object] = [type, data];
    const waiting = await Promise.all([here, there, deaf].map((node) => second(node, join)));

    await PERFORM[change.type]?.(here, party, message.id);
    await deaf.delivery.reconciler.run();
    const [live, published, read] = (await Promise.all(waiting.map((get) => get()))) as [Frame, Frame, Frame];
    const fromRecent = await (await second(here, join))();
    const fromDatabase = await (await second(fresh, join))();

    expect(published).toEqual(live);
    expect(read).toEqual(fromDatabase);
    expect(fromRecent).toEqual(fromDatabase);
    const shared = Object.keys(live.data).filter((name) => name in fromDatabase.data);
    expect(shared).toEqual(expect.arrayContaining(['id', 'seq', 'updated_seq']));
    for (const name of shared) expect(live.data[name]).toEqual(fromDatabase.data[name]);
    if (change.live === undefined) expect(live).toEqual(fromDatabase);

    const shown = await page(party, live.data.id as number);
    expect(shown && asData(shown)).toEqual(change.isDeletion ? undefined : fromDatabase.data);
  });
});

it('there is a way to try each change that is registered', () => {
  expect(Object.keys(PERFORM).sort()).toEqual(CHANGES.map(({ type }) => type).sort());
});
