// Nodes crash, freeze, are restarted one after the other or have the wrong time: their clients go elsewhere, and nobody
// notices more than that.
import { afterAll, afterEach, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { type Cluster, type ClusterNode, startCluster } from './harness/cluster.ts';
import type { Figures } from './harness/figures.ts';
import { pause } from './harness/pause.ts';
import { sized, TIME_LIMIT_MS } from './harness/scale.ts';
import { everybodyTalks, type Talking } from './harness/talking.ts';
import { wrongTime } from './harness/wrong-time.ts';

const KILLS = sized(3, 9);
/** Longer than a node may be silent before the others take it for dead. */
const FROZEN_MS = sized(12_000, 30_000);
const ROLLS = sized(1, 3);

let cluster: Cluster;
let talking: Talking;

beforeAll(async () => {
  // One node is ten minutes ahead, another as much behind.
  cluster = await startCluster({ envOf: (index) => wrongTime([0, 600_000, -600_000][index] ?? 0) });
});
afterAll(() => cluster.stop());
afterEach(() => talking.stop());

async function begin(): Promise<void> {
  talking = await everybodyTalks(cluster, { channels: 2, senders: 6, readers: 9 });
}

const goesOn = () => talking.goesOn(50, 60_000);
const troubles = () => [...new Set(talking.clients.flatMap((client) => [...client.troubles.keys()]))];
const cuts = () => talking.clients.reduce((sum, client) => sum + client.connects() - 1, 0);
const endsWell = (test: TestContext, counted: Figures) => talking.endsWell(test, counted, () => ({ cuts: cuts() }));

describe('a node', () => {
  it(
    'whose clock is minutes off serves like the others',
    async (test) => {
      await begin();
      await pause(2_000);
      await endsWell(test, { 'clock off by minutes': 10 });
      expect(troubles()).toEqual([]);
    },
    TIME_LIMIT_MS,
  );

  it(
    'crashes and comes back',
    async (test) => {
      await begin();
      for (let round = 0; round < KILLS; round += 1) {
        const node = cluster.nodes[round % 3] as ClusterNode;
        await goesOn();
        await node.kill();
        await goesOn();
        await node.start();
      }
      await goesOn();
      await endsWell(test, { kills: KILLS });
    },
    TIME_LIMIT_MS,
  );

  it(
    'freezes, is taken for dead, and goes on',
    async (test) => {
      await begin();
      const [node] = cluster.nodes as [ClusterNode];
      await goesOn();
      node.freeze();
      await goesOn();
      await pause(FROZEN_MS);
      node.thaw();
      await goesOn();
      await endsWell(test, { 'frozen for seconds': FROZEN_MS / 1_000 });
    },
    TIME_LIMIT_MS,
  );
});

describe('a rolling restart', () => {
  /** What a later version does to a database in use, before its nodes come: it adds. */
  async function expandSchema(): Promise<void> {
    // One table at a time: whoever holds one and waits for the next may wait for an append that waits for it.
    for (const table of ['users', 'chats', 'conversations', 'channel_members']) {
      await cluster.sql.unsafe(`alter table ${table} add column later integer not null default 0`);
    }
    await cluster.sql`create table later (id serial primary key)`;
    await cluster.sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', 9e12)`;
  }

  it(
    'costs nobody more than a reconnect, after the database was brought to a later schema under load',
    async (test) => {
      await begin();
      await goesOn();
      await expandSchema();
      for (let roll = 0; roll < ROLLS; roll += 1) {
        for (const node of cluster.nodes) {
          await goesOn();
          await node.drain();
          await node.start();
        }
      }
      await goesOn();
      await endsWell(test, { 'nodes restarted': ROLLS * cluster.nodes.length });
      expect(
        troubles().filter((trouble) => trouble !== 'no connection' && !trouble.startsWith('the connection')),
      ).toEqual([]);
    },
    TIME_LIMIT_MS,
  );
});
