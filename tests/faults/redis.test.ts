// Redis crashes, freezes, is cut off or loses what is published: sending goes on, and every reader catches up.
import { afterAll, afterEach, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { until } from '../support/until.ts';
import { type Cluster, type ClusterNode, startCluster } from './harness/cluster.ts';
import { type Crowd, gather, gatherPair } from './harness/crowd.ts';
import { caughtUpWithin, eventsOf, judge } from './harness/evidence.ts';
import { type Figures, figures } from './harness/figures.ts';
import { type Load, startLoad } from './harness/load.ts';
import { losePublications } from './harness/lose-publications.ts';
import { pause } from './harness/pause.ts';
import { sized, TIME_LIMIT_MS } from './harness/scale.ts';

/** However Redis is, a node compares heads every second or, where it believes in its link, every five. */
const WITHOUT_REDIS_MS = 9_000;

let cluster: Cluster;
let crowds: Crowd[] = [];
let loads: Load[] = [];

beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());
afterEach(async () => {
  for (const load of loads) await load.stop();
  for (const crowd of crowds) await crowd.stop();
});

/** A channel with readers on every node and a pair of users, with everybody talking. */
async function everybodyTalks(): Promise<void> {
  crowds = [
    await gather(cluster, {
      channels: 2,
      senders: 4,
      readers: 6,
      address: (index) => () => (cluster.nodes[index % 3] as ClusterNode).url,
    }),
    await gatherPair(cluster),
  ];
  loads = crowds.map(({ senders, talks }) => startLoad({ senders, talks, address: cluster.anyNode }));
}

const sent = () => loads.reduce((sum, load) => sum + load.sent(), 0);
const clients = () => crowds.flatMap(({ all }) => all);

/** Senders get acks all the while, however Redis is: nothing is healed before this returns. */
async function goesOnFor(ms: number): Promise<void> {
  const before = sent();
  await pause(ms);
  await until('messages are acked', () => sent() > before + 5, 30_000);
}

/** While everybody goes on talking, all see within a bounded time what there is now; gives the time. */
const catchUp = () => caughtUpWithin(cluster.sql, clients(), WITHOUT_REDIS_MS);

/** Also counts what was done, beside what the test says itself. */
async function endsWell(test: TestContext, counted: Figures): Promise<void> {
  for (const load of loads) await load.stop();
  const breaches = await judge(cluster.sql, clients());
  figures(test, { ...counted, messages: sent(), events: eventsOf(clients()), breaches: breaches.length });
  expect(breaches).toEqual([]);
}

describe('Redis', () => {
  it(
    'crashes and starts again, empty',
    async (test) => {
      await everybodyTalks();
      const kills = sized(2, 6);
      let slowest = 0;
      for (let round = 0; round < kills; round += 1) {
        await goesOnFor(500);
        await cluster.redis.kill();
        await goesOnFor(2_000);
        await cluster.redis.restart();
        slowest = Math.max(slowest, await catchUp());
        await goesOnFor(500);
      }
      await endsWell(test, { kills, 'caught up after ms, at most': slowest });
    },
    TIME_LIMIT_MS,
  );

  it(
    'stays away: the nodes find what they missed by themselves, again and again',
    async (test) => {
      await everybodyTalks();
      await goesOnFor(500);
      await cluster.redis.kill();
      let slowest = 0;
      const began = performance.now();
      do slowest = Math.max(slowest, await catchUp());
      while (performance.now() - began < sized(2_000, 20_000));
      await cluster.redis.restart();
      await endsWell(test, { 'away for seconds': sized(2, 20), 'caught up after ms, at most': slowest });
    },
    TIME_LIMIT_MS,
  );

  it(
    'freezes',
    async (test) => {
      await everybodyTalks();
      const frozen = sized(5_000, 10_000);
      await goesOnFor(500);
      cluster.redis.freeze();
      await goesOnFor(frozen - 2_000);
      const during = caughtUpWithin(cluster.sql, clients(), WITHOUT_REDIS_MS);
      await goesOnFor(2_000);
      cluster.redis.thaw();
      const slowest = Math.max(await during, await catchUp());
      await endsWell(test, { 'frozen for seconds': frozen / 1_000, 'caught up after ms, at most': slowest });
    },
    TIME_LIMIT_MS,
  );

  it(
    'is out of reach of one node, while the others go on',
    async (test) => {
      await everybodyTalks();
      const [node] = cluster.nodes as [ClusterNode];
      const ms = sized(2_000, 10_000);
      await goesOnFor(500);
      node.toRedis.cut();
      await goesOnFor(ms);
      const cut = await catchUp();
      node.toRedis.heal();
      const healed = await catchUp();
      node.toRedis.freeze();
      await goesOnFor(ms);
      const frozen = await catchUp();
      node.toRedis.thaw();
      const slowest = Math.max(cut, healed, frozen, await catchUp());
      await endsWell(test, { 'cut, then silent, for seconds': ms / 1_000, 'caught up after ms, at most': slowest });
    },
    TIME_LIMIT_MS,
  );

  it(
    'loses every third publication on its way to the nodes',
    async (test) => {
      await everybodyTalks();
      let lost = 0;
      const isLost = () => {
        if (Math.random() > 1 / 3) return false;
        lost += 1;
        return true;
      };
      for (const node of cluster.nodes) node.toRedis.filter(losePublications(isLost));
      await goesOnFor(sized(3_000, 15_000));
      for (const load of loads) await load.stop();
      const slowest = await catchUp();
      for (const node of cluster.nodes) node.toRedis.filter(undefined);
      test.expect(lost).toBeGreaterThan(0);
      await endsWell(test, { 'pieces lost': lost, 'caught up after ms, at most': slowest });
    },
    TIME_LIMIT_MS,
  );
});
