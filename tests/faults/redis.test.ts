// Redis crashes, freezes, is cut off or loses what is published: sending goes on, and every reader catches up.
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { type Cluster, type ClusterNode, startCluster } from './harness/cluster.ts';
import { caughtUpWithin } from './harness/evidence.ts';
import { losePublications } from './harness/lose-publications.ts';
import { pause } from './harness/pause.ts';
import { sized, TIME_LIMIT_MS } from './harness/scale.ts';
import { everybodyTalks, type Talking } from './harness/talking.ts';

/** However Redis is, a node compares heads every second or, where it believes in its link, every five. */
const WITHOUT_REDIS_MS = 9_000;

let cluster: Cluster;
let talking: Talking;

beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());
afterEach(() => talking.stop());

/** Readers on every node. */
async function begin(): Promise<void> {
  const address = (index: number) => () => (cluster.nodes[index % 3] as ClusterNode).url;
  talking = await everybodyTalks(cluster, { channels: 2, senders: 4, readers: 6, address });
}

/** Senders get acks all the while, however Redis is: nothing is healed before this returns. */
async function goesOnFor(ms: number): Promise<void> {
  const before = talking.sent();
  await pause(ms);
  await talking.goesOn(5, 30_000, before);
}

/** While everybody goes on talking, all see within a bounded time what there is now; gives the time. */
const catchUp = () => caughtUpWithin(cluster.sql, talking.clients, WITHOUT_REDIS_MS);

describe('Redis', () => {
  it(
    'crashes and starts again, empty',
    async (test) => {
      await begin();
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
      await talking.endsWell(test, { kills, 'caught up after ms, at most': slowest });
    },
    TIME_LIMIT_MS,
  );

  it(
    'stays away: the nodes find what they missed by themselves, again and again',
    async (test) => {
      await begin();
      await goesOnFor(500);
      await cluster.redis.kill();
      let slowest = 0;
      const began = performance.now();
      do slowest = Math.max(slowest, await catchUp());
      while (performance.now() - began < sized(2_000, 20_000));
      await cluster.redis.restart();
      await talking.endsWell(test, { 'away for seconds': sized(2, 20), 'caught up after ms, at most': slowest });
    },
    TIME_LIMIT_MS,
  );

  it(
    'freezes',
    async (test) => {
      await begin();
      const frozen = sized(5_000, 10_000);
      await goesOnFor(500);
      cluster.redis.freeze();
      await goesOnFor(frozen - 2_000);
      const during = caughtUpWithin(cluster.sql, talking.clients, WITHOUT_REDIS_MS);
      await goesOnFor(2_000);
      cluster.redis.thaw();
      const slowest = Math.max(await during, await catchUp());
      await talking.endsWell(test, { 'frozen for seconds': frozen / 1_000, 'caught up after ms, at most': slowest });
    },
    TIME_LIMIT_MS,
  );

  it(
    'is out of reach of one node, while the others go on',
    async (test) => {
      await begin();
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
      await talking.endsWell(test, {
        'cut, then silent, for seconds': ms / 1_000,
        'caught up after ms, at most': slowest,
      });
    },
    TIME_LIMIT_MS,
  );

  it(
    'loses every third publication on its way to the nodes',
    async (test) => {
      await begin();
      let lost = 0;
      const isLost = () => {
        if (Math.random() > 1 / 3) return false;
        lost += 1;
        return true;
      };
      for (const node of cluster.nodes) node.toRedis.filter(losePublications(isLost));
      await goesOnFor(sized(3_000, 15_000));
      await talking.hush();
      const slowest = await catchUp();
      for (const node of cluster.nodes) node.toRedis.filter(undefined);
      test.expect(lost).toBeGreaterThan(0);
      await talking.endsWell(test, { 'pieces lost': lost, 'caught up after ms, at most': slowest });
    },
    TIME_LIMIT_MS,
  );
});
