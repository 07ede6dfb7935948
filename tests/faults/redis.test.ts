// Redis crashes, freezes, is cut off or loses what is published: sending goes on, and every reader catches up.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, type ClusterNode, startCluster } from './harness/cluster.ts';
import { type Crowd, gather, gatherPair } from './harness/crowd.ts';
import { caughtUp, judge } from './harness/evidence.ts';
import { type Load, startLoad } from './harness/load.ts';
import { losePublications } from './harness/lose-publications.ts';
import { pause } from './harness/pause.ts';
import { scaled } from './harness/scale.ts';

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

/** Everybody who sends gets acks all the while, however Redis is. */
async function goesOnFor(ms: number): Promise<void> {
  const before = sent();
  await pause(ms);
  expect(sent()).toBeGreaterThan(before + ms / 100);
}

async function endsWell(): Promise<void> {
  for (const load of loads) await load.stop();
  expect(await judge(cluster.sql, clients())).toEqual([]);
}

describe('Redis', () => {
  it('crashes and starts again, empty', async () => {
    await everybodyTalks();
    for (let round = 0; round < scaled(2); round += 1) {
      await goesOnFor(500);
      await cluster.redis.kill();
      await goesOnFor(2_000);
      await cluster.redis.restart();
      await goesOnFor(1_500);
    }
    await endsWell();
  }, 120_000);

  it('stays away: the nodes find what they missed by themselves', async () => {
    await everybodyTalks();
    await goesOnFor(500);
    await cluster.redis.kill();
    await goesOnFor(1_000);
    for (const load of loads) await load.stop();
    await caughtUp(cluster.sql, clients(), WITHOUT_REDIS_MS);
    await cluster.redis.restart();
    await endsWell();
  }, 120_000);

  it('freezes', async () => {
    await everybodyTalks();
    await goesOnFor(500);
    cluster.redis.freeze();
    await goesOnFor(scaled(5_000));
    cluster.redis.thaw();
    await goesOnFor(1_000);
    await endsWell();
  }, 120_000);

  it('is out of reach of one node, while the others go on', async () => {
    await everybodyTalks();
    const [node] = cluster.nodes as [ClusterNode];
    await goesOnFor(500);
    node.toRedis.cut();
    await goesOnFor(2_000);
    node.toRedis.heal();
    await goesOnFor(1_000);
    node.toRedis.freeze();
    await goesOnFor(4_000);
    node.toRedis.thaw();
    await endsWell();
  }, 120_000);

  it('loses every third publication on its way to the nodes', async () => {
    await everybodyTalks();
    for (const node of cluster.nodes) node.toRedis.filter(losePublications(() => Math.random() < 1 / 3));
    await goesOnFor(scaled(4_000));
    for (const load of loads) await load.stop();
    await caughtUp(cluster.sql, clients(), WITHOUT_REDIS_MS);
    for (const node of cluster.nodes) node.toRedis.filter(undefined);
    await endsWell();
  }, 120_000);
});
