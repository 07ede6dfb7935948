// Nodes crash, freeze, are restarted one after the other or have the wrong time: their clients go elsewhere, and nobody
// notices more than that.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { type Cluster, type ClusterNode, startCluster } from './harness/cluster.ts';
import { type Crowd, gather, gatherPair } from './harness/crowd.ts';
import { judge } from './harness/evidence.ts';
import { type Load, startLoad } from './harness/load.ts';
import { pause } from './harness/pause.ts';
import { scaled } from './harness/scale.ts';
import { wrongTime } from './harness/wrong-time.ts';

let cluster: Cluster;
let crowds: Crowd[] = [];
let loads: Load[] = [];

beforeAll(async () => {
  // One node is ten minutes ahead, another as much behind.
  cluster = await startCluster({ envOf: (index) => wrongTime([0, 600_000, -600_000][index] ?? 0) });
});
afterAll(() => cluster.stop());
afterEach(async () => {
  for (const crowd of crowds) await crowd.stop();
});

async function everybodyTalks(): Promise<void> {
  crowds = [await gather(cluster, { channels: 2, senders: 6, readers: 9 }), await gatherPair(cluster)];
  loads = crowds.map(({ senders, talks }) => startLoad({ senders, talks, address: cluster.anyNode }));
}

const sent = () => loads.reduce((sum, load) => sum + load.sent(), 0);
const clients = () => crowds.flatMap(({ all }) => all);
const troubles = () => [...new Set(clients().flatMap((client) => [...client.troubles.keys()]))];

async function goesOn(): Promise<void> {
  const before = sent();
  await until('messages are acked again', () => sent() > before + 50, 20_000);
}

async function endsWell(): Promise<void> {
  for (const load of loads) await load.stop();
  expect(await judge(cluster.sql, clients())).toEqual([]);
}

describe('a node', () => {
  it('whose clock is minutes off serves like the others', async () => {
    await everybodyTalks();
    await pause(2_000);
    await endsWell();
    expect(troubles()).toEqual([]);
  }, 60_000);

  it('crashes and comes back', async () => {
    await everybodyTalks();
    for (let round = 0; round < scaled(3); round += 1) {
      const node = cluster.nodes[round % 3] as ClusterNode;
      await goesOn();
      await node.kill();
      await goesOn();
      await node.start();
    }
    await goesOn();
    await endsWell();
  }, 120_000);

  it('freezes, is taken for dead, and goes on', async () => {
    await everybodyTalks();
    const [node] = cluster.nodes as [ClusterNode];
    await goesOn();
    node.freeze();
    await goesOn();
    await pause(scaled(12_000));
    node.thaw();
    await goesOn();
    await endsWell();
  }, 120_000);
});

describe('a rolling restart', () => {
  it('costs nobody more than a reconnect', async () => {
    await everybodyTalks();
    for (const node of cluster.nodes) {
      await goesOn();
      await node.drain();
      await node.start();
    }
    await goesOn();
    await endsWell();
    expect(
      troubles().filter((trouble) => trouble !== 'no connection' && !trouble.startsWith('the connection')),
    ).toEqual([]);
  }, 120_000);
});
