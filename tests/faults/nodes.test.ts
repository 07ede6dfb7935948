// Nodes crash, freeze, are restarted one after the other or have the wrong time: their clients go elsewhere, and nobody
// notices more than that.
import { afterAll, afterEach, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { until } from '../support/until.ts';
import { type Cluster, type ClusterNode, startCluster } from './harness/cluster.ts';
import { type Crowd, gather, gatherPair } from './harness/crowd.ts';
import { eventsOf, judge } from './harness/evidence.ts';
import { type Figures, figures } from './harness/figures.ts';
import { type Load, startLoad } from './harness/load.ts';
import { pause } from './harness/pause.ts';
import { sized, TIME_LIMIT_MS } from './harness/scale.ts';
import { wrongTime } from './harness/wrong-time.ts';

const KILLS = sized(3, 9);
/** Longer than a node may be silent before the others take it for dead. */
const FROZEN_MS = sized(12_000, 30_000);
const ROLLS = sized(1, 3);

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
  await until('messages are acked again', () => sent() > before + 50, 60_000);
}

/** Also counts what was done, beside what the test says itself. */
async function endsWell(test: TestContext, counted: Figures): Promise<void> {
  for (const load of loads) await load.stop();
  const breaches = await judge(cluster.sql, clients());
  const cuts = clients().reduce((sum, client) => sum + client.connects() - 1, 0);
  figures(test, { ...counted, messages: sent(), events: eventsOf(clients()), cuts, breaches: breaches.length });
  expect(breaches).toEqual([]);
}

describe('a node', () => {
  it(
    'whose clock is minutes off serves like the others',
    async (test) => {
      await everybodyTalks();
      await pause(2_000);
      await endsWell(test, { 'clock off by minutes': 10 });
      expect(troubles()).toEqual([]);
    },
    TIME_LIMIT_MS,
  );

  it(
    'crashes and comes back',
    async (test) => {
      await everybodyTalks();
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
      await everybodyTalks();
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
      await everybodyTalks();
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
