// Many senders and readers on three nodes and both transports: one order for all, nothing lost, nothing twice.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { gather, gatherPair } from './harness/crowd.ts';
import { eventsOf, judge } from './harness/evidence.ts';
import { figures } from './harness/figures.ts';
import { startLoad } from './harness/load.ts';
import { sized, TIME_LIMIT_MS } from './harness/scale.ts';

/** Of each sender. */
const MESSAGES = sized(60, 667);
const CHANNELS = sized(5, 10);
const SENDERS = sized(15, 30);
const READERS_EACH = sized(10, 20);

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

it(
  'all see one order, with edits and deletions among the messages',
  async (test) => {
    const readers = CHANNELS * READERS_EACH;
    const crowds = [
      await gather(cluster, { channels: CHANNELS, senders: SENDERS, readers, readOne: true }),
      await gatherPair(cluster),
    ];
    const clients = crowds.flatMap(({ all }) => all);
    const loads = crowds.map(({ senders, talks }) =>
      startLoad({ senders, talks, messages: MESSAGES, everyMs: 0, address: cluster.anyNode }),
    );
    for (const load of loads) await load.stop();
    const breaches = await judge(cluster.sql, clients);
    const sum = (counts: number[]) => counts.reduce((all, count) => all + count, 0);
    const messages = sum(loads.map((load) => load.sent()));
    figures(test, {
      messages,
      'edits and deletions': sum(loads.map((load) => load.changed())),
      events: eventsOf(clients),
      readers: clients.length,
      breaches: breaches.length,
    });
    expect(breaches).toEqual([]);
    expect(messages).toBe((SENDERS + 2) * MESSAGES);
    for (const crowd of crowds) await crowd.stop();
  },
  TIME_LIMIT_MS,
);
