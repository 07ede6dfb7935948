// All readers of a channel lose their connections at once and come back at once: the database hardly notices.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { createClient } from './harness/client.ts';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { TRANSPORTS } from './harness/connection.ts';
import { judge } from './harness/evidence.ts';
import { pause } from './harness/pause.ts';
import { makeChannel, makeUsers, type User } from './harness/people.ts';
import { scaled } from './harness/scale.ts';

const READERS = scaled(300);

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ size: 2 });
});
afterAll(() => cluster.stop());

/** How often the table of messages was looked into. Sessions report this with some delay, so it is asked until it rests. */
async function looks(): Promise<number> {
  const read = async () => {
    const [row] = await cluster.sql<{ looks: number }[]>`
      select (coalesce(seq_scan, 0) + coalesce(idx_scan, 0))::int as looks from pg_stat_user_tables where relname = 'chats'`;
    return row?.looks as number;
  };
  for (let before = await read(); ; ) {
    await pause(2_500);
    const now = await read();
    if (now === before) return now;
    before = now;
  }
}

it('readers cut all at once are back within seconds, for a bounded number of reads', async () => {
  const users = await makeUsers(cluster.sql, READERS + 1);
  const talk = await makeChannel(cluster.sql, users);
  const clients = users.map((user: User, index) => {
    const transport = TRANSPORTS[index % 2] as (typeof TRANSPORTS)[number];
    return createClient({ user, transport, reads: [talk], address: cluster.anyNode });
  });
  await Promise.all(clients.map((client) => client.connection()));
  const writer = clients[0] as (typeof clients)[0];
  for (let n = 0; n < 20; n += 1) await writer.send(talk, `${n}`, `before-${n}`);
  expect(await judge(cluster.sql, clients)).toEqual([]);
  const before = await looks();

  const connects = clients.map((client) => client.connects());
  for (const client of clients.slice(1)) client.cut();
  for (let n = 0; n < 20; n += 1) await writer.send(talk, `${n}`, `meanwhile-${n}`);
  const back = () => clients.every((client, index) => index === 0 || client.connects() > (connects[index] as number));
  await until('everybody is back', back, 30_000);
  await Promise.all(clients.map((client) => client.connection()));
  expect(await judge(cluster.sql, clients)).toEqual([]);

  // Twenty messages cost the writer some looks each; the readers come out of the ring, or share what they read.
  const cost = (await looks()) - before;
  expect(cost).toBeLessThan(200 + READERS / 10);
  await Promise.all(clients.map((client) => client.stop()));
}, 120_000);
