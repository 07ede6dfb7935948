// The channels that one connection may read at once.
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createMemoryBroker } from '../../src/backends/broker/memory.ts';
import type { Principal } from '../../src/chat/accounts/principal.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { rows } from '../../src/database/database.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { LIMITS } from '../../src/protocol/limits.ts';
import { createHubNode } from '../support/hub-node.ts';
import { createDatabase } from '../support/postgres.ts';

const MAX = LIMITS.CONNECTION_CHANNELS_MAX;
const AT_ONCE = LIMITS.JOINS_MAX;
const ADA = 1;
let handle: DatabaseHandle;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await createDatabase(inject('postgresUrl'));
  drop = database.drop;
  handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 4, ssl: false });
  await runMigrations(handle, 'migrations');
  await rows(handle.db, sql`insert into users (username, email, password) values ('ada', 'ada@example.com', 'none')`);
  await rows(
    handle.db,
    sql`with c as (insert into channels (name, "ownerId") select 'c' || i, ${ADA}::int from generate_series(1, ${MAX + 1}::int) i
        returning id)
      insert into channel_members ("userId", "channelId") select ${ADA}::int, id from c`,
  );
});
afterAll(async () => {
  await handle.close();
  await drop();
});

it('are bounded: one more is refused by name, until one is left', async () => {
  const ada: Principal = { id: ADA, username: 'ada', email: '', avatar: null, createdAt: '', isAdmin: false };
  const users = new Map([[ADA, ada]]);
  const node = createHubNode({ nodeId: 'n1', db: handle.db, broker: createMemoryBroker(), users });
  const reader = await node.connect(ADA);
  for (let first = 1; first <= MAX; first += AT_ONCE) {
    const channels = Array.from({ length: AT_ONCE }, (_, at) => ({ channel_id: first + at }));
    expect((await reader.ask('channel.join', { channels })).data.joined).toHaveLength(AT_ONCE);
  }
  expect((await reader.ask('channel.join', { channel_id: MAX + 1 })).data).toMatchObject({
    code: 'LIMIT_REACHED',
    details: [{ path: 'channels', message: expect.stringContaining('leave one first') }],
  });
  const oneMore = { channels: [{ channel_id: 1 }, { channel_id: MAX + 1 }] };
  expect((await reader.ask('channel.join', oneMore)).data).toMatchObject({ code: 'LIMIT_REACHED' });
  // One that it reads already is no further one.
  expect((await reader.ask('channel.join', { channel_id: MAX })).type).toBe('ack');
  await reader.ask('channel.leave', { channel_id: 1 });
  expect((await reader.ask('channel.join', { channel_id: MAX + 1 })).type).toBe('ack');
  node.hub.close();
});
