// What ends with an account: its connections, what they read, and that they are seen.
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createMemoryBroker } from '../../src/backends/broker/memory.ts';
import type { Principal } from '../../src/chat/accounts/principal.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { rows } from '../../src/database/database.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { createHubNode } from '../support/hub-node.ts';
import { createDatabase } from '../support/postgres.ts';
import { until } from '../support/until.ts';

let handle: DatabaseHandle;
let drop: () => Promise<void>;
const users = new Map<number, Principal>();
let channelId = 0;

beforeAll(async () => {
  const database = await createDatabase(inject('postgresUrl'));
  drop = database.drop;
  handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 4, ssl: false });
  await runMigrations(handle, 'migrations');
  const [made] = await rows<{ id: number }>(
    handle.db,
    sql`with u as (insert into users (username, email, password)
        select 'user' || i, 'user' || i || '@example.com', 'none' from generate_series(1, 9) i returning id)
      select min(id) as id from u`,
  );
  for (let id = 1; id <= 9; id += 1) {
    users.set(id, { id, username: `user${id}`, email: '', avatar: null, createdAt: '', isAdmin: false });
  }
  const [channel] = await rows<{ id: number }>(
    handle.db,
    sql`insert into channels (name, "ownerId") values ('room', ${made?.id ?? 0}::int) returning id`,
  );
  channelId = channel?.id ?? 0;
  await rows(
    handle.db,
    sql`insert into channel_members ("userId", "channelId") select u.id, ${channelId}::int from users u`,
  );
});
afterAll(async () => {
  await handle.close();
  await drop();
});

function startNode() {
  return createHubNode({ nodeId: 'n1', db: handle.db, broker: createMemoryBroker(), users });
}

describe('an account that another program deletes', () => {
  it('is closed with 4401 within 5 s, is seen by nobody any more, and reads nothing more', async () => {
    const node = startNode();
    await node.hub.start();
    const gone = await node.connect(3);
    const stays = await node.connect(4);
    for (const one of [gone, stays]) await one.ask('channel.join', { channel_id: channelId });
    await rows(handle.db, sql`update users set "deletedAt" = now() at time zone 'utc' where id = 3`);
    await until('the connection is closed', () => gone.closedWith !== undefined, 5_000);
    expect(gone.closedWith).toBe(4401);
    expect(await node.presence.users()).toEqual([4]);
    expect(await node.presence.members(channelId)).toEqual([4]);
    const before = gone.frames.length;
    await stays.ask('channel.message', { channel_id: channelId, text: 'hello' });
    expect(gone.frames.length).toBe(before);
    expect(stays.closedWith).toBeUndefined();
    node.hub.close();
  });

  it('joins nothing and stores nothing before that', async () => {
    const node = startNode();
    const gone = await node.connect(5);
    await rows(handle.db, sql`update users set "deletedAt" = now() at time zone 'utc' where id = 5`);
    expect((await gone.ask('channel.join', { channel_id: channelId })).data.code).toBe('CHANNEL_NOT_FOUND');
    expect((await gone.ask('direct.join', { user_id: 4 })).data.code).toBe('USER_NOT_FOUND');
    const channelMessage = await gone.ask('channel.message', { channel_id: channelId, text: 'hello' });
    const directMessage = await gone.ask('direct.message', { receiver_id: 4, text: 'hello' });
    for (const { data } of [channelMessage, directMessage]) expect(data.code).toBe('AUTHENTICATION_FAILED');
    node.hub.close();
  });
});
