// Many senders and readers on three nodes and both transports: one order for all, nothing lost, nothing twice; also for
// readers that are cut off again and again and come back on another node.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Client } from './harness/client.ts';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { type Crowd, gather, gatherPair } from './harness/crowd.ts';
import { judge } from './harness/evidence.ts';
import { startLoad } from './harness/load.ts';
import { pause } from './harness/pause.ts';
import { scaled } from './harness/scale.ts';

let cluster: Cluster;
let crowds: Crowd[] = [];

beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());
afterEach(async () => {
  for (const crowd of crowds) await crowd.stop();
});

const clients = () => crowds.flatMap(({ all }) => all);

it('all see one order, with edits and deletions among the messages', async () => {
  crowds = [await gather(cluster, { channels: 5, senders: 15, readers: 10 }), await gatherPair(cluster)];
  const messages = scaled(60);
  const loads = crowds.map(({ senders, talks }) =>
    startLoad({ senders, talks, messages, everyMs: 0, address: cluster.anyNode }),
  );
  for (const load of loads) await load.stop();
  expect(await judge(cluster.sql, clients())).toEqual([]);
  expect(loads.reduce((sum, load) => sum + load.sent(), 0)).toBe(17 * messages);
}, 120_000);

it('readers that are cut off again and again miss nothing and see nothing twice', async () => {
  crowds = [await gather(cluster, { channels: 2, senders: 4, readers: 10 }), await gatherPair(cluster)];
  const loads = crowds.map(({ senders, talks }) =>
    startLoad({ senders, talks, everyMs: 10, address: cluster.anyNode }),
  );
  const cuts = scaled(20);
  await Promise.all(clients().map((client) => cutAgainAndAgain(client, cuts)));
  for (const load of loads) await load.stop();
  expect(await judge(cluster.sql, clients())).toEqual([]);
  for (const client of clients()) expect(client.connects()).toBeGreaterThan(cuts);
}, 120_000);

async function cutAgainAndAgain(client: Client, cuts: number): Promise<void> {
  for (let cut = 0; cut < cuts; cut += 1) {
    const connection = await client.connection();
    await pause(Math.random() * 300);
    connection.cut();
    await connection.closed;
  }
  await client.connection();
}
