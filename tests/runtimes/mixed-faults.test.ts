// Nodes of three runtimes crash, freeze and are restarted one after the other, Redis and PostgreSQL crash, readers are cut
// off, all under load: nothing is lost, nothing comes twice or out of order, whichever runtime a client was on.
import { afterAll, afterEach, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { type Cluster, type ClusterNode, startCluster } from '../faults/harness/cluster.ts';
import { pause } from '../faults/harness/pause.ts';
import { everybodyTalks, type Talking } from '../faults/harness/talking.ts';

const RUNTIMES = ['deno', 'bun', 'node'] as const;

describe('faults in a cluster of Deno, Bun and Node', () => {
  let cluster: Cluster;
  let talking: Talking;

  beforeAll(async () => {
    cluster = await startCluster({ runtimes: RUNTIMES });
  }, 180_000);
  afterAll(() => cluster.stop());
  afterEach(() => talking.stop());

  async function begin(): Promise<void> {
    talking = await everybodyTalks(cluster, { channels: 2, senders: 6, readers: 6 });
  }

  const goesOn = () => talking.goesOn(50, 20_000);

  async function endsWell(test: TestContext): Promise<void> {
    await goesOn();
    await talking.endsWell(test, {});
  }

  it('each node crashes and comes back', async (test) => {
    await begin();
    for (const node of cluster.nodes) {
      await goesOn();
      await node.kill();
      await goesOn();
      await node.start();
    }
    await endsWell(test);
  }, 120_000);

  it('each node is told to stop and started again, and costs nobody more than a reconnect', async (test) => {
    await begin();
    for (const node of cluster.nodes) {
      await goesOn();
      await node.drain();
      await node.start();
    }
    await endsWell(test);
    const troubles = talking.clients.flatMap((client) => [...client.troubles.keys()]);
    expect(troubles.filter((name) => name !== 'no connection' && !name.startsWith('the connection'))).toEqual([]);
  }, 120_000);

  it('Redis and PostgreSQL crash, a node freezes, and another is cut off from Redis', async (test) => {
    await begin();
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
    await endsWell(test);
  }, 120_000);

  it('readers that are cut off again and again, and come back on another runtime, miss nothing', async (test) => {
    await begin();
    await Promise.all(
      talking.clients.map(async (client) => {
        for (let cut = 0; cut < 5; cut += 1) {
          const connection = await client.connection();
          await pause(Math.random() * 300);
          connection.cut();
          await connection.closed;
        }
      }),
    );
    await endsWell(test);
  }, 120_000);
});
