// Nodes of three runtimes crash, freeze and are restarted one after the other, Redis and PostgreSQL crash, readers are cut
// off, all under load: nothing is lost, nothing comes twice or out of order, whichever runtime a client was on.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, type ClusterNode, startCluster } from '../faults/harness/cluster.ts';
import { type Crowd, gather, gatherPair } from '../faults/harness/crowd.ts';
import { judge } from '../faults/harness/evidence.ts';
import { type Load, startLoad } from '../faults/harness/load.ts';
import { pause } from '../faults/harness/pause.ts';
import { until } from '../support/until.ts';

const RUNTIMES = ['deno', 'bun', 'node'] as const;

describe('faults in a cluster of Deno, Bun and Node', () => {
  let cluster: Cluster;
  let crowds: Crowd[] = [];
  let loads: Load[] = [];

  beforeAll(async () => {
    cluster = await startCluster({ runtimes: RUNTIMES });
  }, 180_000);
  afterAll(() => cluster.stop());
  afterEach(async () => {
    for (const load of loads) await load.stop();
    for (const crowd of crowds) await crowd.stop();
  });

  async function everybodyTalks(): Promise<void> {
    crowds = [await gather(cluster, { channels: 2, senders: 6, readers: 6 }), await gatherPair(cluster)];
    loads = crowds.map(({ senders, talks }) => startLoad({ senders, talks, address: cluster.anyNode }));
  }

  const clients = () => crowds.flatMap(({ all }) => all);
  const sent = () => loads.reduce((sum, load) => sum + load.sent(), 0);

  async function goesOn(): Promise<void> {
    const before = sent();
    await until('messages are acked again', () => sent() > before + 50, 20_000);
  }

  async function endsWell(): Promise<void> {
    await goesOn();
    for (const load of loads) await load.stop();
    expect(await judge(cluster.sql, clients())).toEqual([]);
  }

  it('each node crashes and comes back', async () => {
    await everybodyTalks();
    for (const node of cluster.nodes) {
      await goesOn();
      await node.kill();
      await goesOn();
      await node.start();
    }
    await endsWell();
  }, 120_000);

  it('each node is told to stop and started again, and costs nobody more than a reconnect', async () => {
    await everybodyTalks();
    for (const node of cluster.nodes) {
      await goesOn();
      await node.drain();
      await node.start();
    }
    await endsWell();
    const troubles = clients().flatMap((client) => [...client.troubles.keys()]);
    expect(troubles.filter((name) => name !== 'no connection' && !name.startsWith('the connection'))).toEqual([]);
  }, 120_000);

  it('Redis and PostgreSQL crash, a node freezes, and another is cut off from Redis', async () => {
    await everybodyTalks();
    const [deno, bun] = cluster.nodes as [ClusterNode, ClusterNode];
    await cluster.redis.kill();
    await goesOn();
    await cluster.redis.restart();
    await cluster.postgres.kill();
    await cluster.postgres.restart();
    await goesOn();
    deno.freeze();
    bun.toRedis.cut();
    await goesOn();
    deno.thaw();
    bun.toRedis.heal();
    await endsWell();
  }, 120_000);

  it('readers that are cut off again and again, and come back on another runtime, miss nothing', async () => {
    await everybodyTalks();
    await Promise.all(
      clients().map(async (client) => {
        for (let cut = 0; cut < 5; cut += 1) {
          const connection = await client.connection();
          await pause(Math.random() * 300);
          connection.cut();
          await connection.closed;
        }
      }),
    );
    await endsWell();
  }, 120_000);
});
