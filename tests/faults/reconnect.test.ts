// Readers that are cut off again and again, and come back on another node each time, miss nothing and see nothing twice.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from './harness/client.ts';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { gather, gatherPair } from './harness/crowd.ts';
import { eventsOf, judge } from './harness/evidence.ts';
import { figures } from './harness/figures.ts';
import { startLoad } from './harness/load.ts';
import { pause } from './harness/pause.ts';
import { sized, TIME_LIMIT_MS } from './harness/scale.ts';

/** Of each client. */
const CUTS = sized(15, 100);

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

it(
  'readers that are cut off again and again miss nothing and see nothing twice',
  async (test) => {
    const crowds = [
      await gather(cluster, { channels: 2, senders: 4, readers: sized(8, 20) }),
      await gatherPair(cluster),
    ];
    const clients = crowds.flatMap(({ all }) => all);
    const loads = crowds.map(({ senders, talks }) =>
      startLoad({ senders, talks, everyMs: 10, address: cluster.anyNode }),
    );
    await Promise.all(clients.map((client) => cutAgainAndAgain(client, CUTS)));
    for (const load of loads) await load.stop();
    const breaches = await judge(cluster.sql, clients);
    const cuts = clients.map((client) => client.connects() - 1);
    figures(test, {
      readers: clients.length,
      'cuts of each, at least': Math.min(...cuts),
      messages: loads.reduce((sum, load) => sum + load.sent(), 0),
      events: eventsOf(clients),
      breaches: breaches.length,
    });
    expect(breaches).toEqual([]);
    for (const count of cuts) expect(count).toBeGreaterThanOrEqual(CUTS);
    for (const crowd of crowds) await crowd.stop();
  },
  TIME_LIMIT_MS,
);

async function cutAgainAndAgain(client: Client, cuts: number): Promise<void> {
  for (let cut = 0; cut < cuts; cut += 1) {
    const connection = await client.connection();
    await pause(Math.random() * 200);
    connection.cut();
    await connection.closed;
  }
  await client.connection();
}
