// Direct conversations that a connection asks for, with everybody there is: bounded, and none is missing for it.

import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createMemoryBroker } from '../../src/backends/broker/memory.ts';
import type { Principal } from '../../src/chat/accounts/principal.ts';
import { pairKey } from '../../src/chat/log/key.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { rows } from '../../src/database/database.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { deadlineIn } from '../../src/lib/deadline.ts';
import { EMPTY_CONTENT } from '../../src/protocol/messages.ts';
import type { HubSession } from '../../src/realtime/connections/session.ts';
import { createHubNode, type RecordingTransport } from '../support/hub-node.ts';
import { createDatabase } from '../support/postgres.ts';

const ADA = 1;
const OTHERS = 1_300;
/** What one user's connection reads at once. */
const BOUND = 1_000;

let handle: DatabaseHandle;
let drop: () => Promise<void>;
const users = new Map<number, Principal>();

beforeAll(async () => {
  const database = await createDatabase(inject('postgresUrl'));
  drop = database.drop;
  handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 4, ssl: false });
  await runMigrations(handle, 'migrations');
  await rows(
    handle.db,
    sql`insert into users (username, email, password)
      select 'user' || i, 'user' || i || '@example.com', 'none' from generate_series(1, ${OTHERS + 1}::int) i`,
  );
  for (let id = ADA; id <= OTHERS + 1; id += 1) {
    users.set(id, { id, username: `user${id}`, email: '', avatar: null, createdAt: '', isAdmin: false });
  }
});
afterAll(async () => {
  await handle.close();
  await drop();
});

it('are put away and come back with their next message, in order and once', async () => {
  const node = createHubNode({ nodeId: 'n1', db: handle.db, broker: createMemoryBroker(), users });
  const ada = await node.connect(ADA);
  const texts: string[] = [];
  for (const round of ['first', 'second']) {
    for (let other = ADA + 1; other <= OTHERS + 1; other += 100) {
      const ids = Array.from({ length: Math.min(100, OTHERS + 2 - other) }, (_, index) => other + index);
      const answers = await Promise.all(ids.map((id) => ada.ask('direct.join', { user_id: id, since: 0 })));
      expect(answers.filter(({ type }) => type !== 'ack')).toEqual([]);
    }
    expect(readersOf(ada)).toBeLessThanOrEqual(BOUND);
    for (const from of [ADA + 1, OTHERS + 1]) {
      const text = `${round} of ${from}`;
      texts.push(text);
      await node.append(draft(from, text), deadlineIn(9_000));
      await ada.until((frame) => frame.data.text === text);
    }
  }
  const live = ada.frames.filter(({ type }) => type === 'direct.message').map(({ data }) => data.text);
  // The second round asked for everything again.
  expect(live.filter((text) => text === texts[0])).toHaveLength(2);
  expect(live.filter((text) => text === texts[3])).toHaveLength(1);
  expect(node.delivery.directFeeds.feed(pairKey(ADA, ADA + 1))?.head).toBe(2);
  node.hub.close();
});

function readersOf(transport: RecordingTransport): number {
  return (transport.session as HubSession).readers.size;
}

function draft(senderId: number, text: string) {
  const content = { ...EMPTY_CONTENT, text };
  return { senderId, channelId: null, receiverId: ADA, clientId: null, content };
}
