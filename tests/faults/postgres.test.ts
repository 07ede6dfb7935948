// PostgreSQL crashes, freezes, is out of reach, full or locked: nothing is acked that is not stored, senders hear
// UNAVAILABLE and may send again, and the nodes go on when it is back, without a restart of theirs.
import postgres, { type Sql } from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import type { Client } from './harness/client.ts';
import { type Cluster, type ClusterNode, startCluster } from './harness/cluster.ts';
import { openConnection, Unanswered } from './harness/connection.ts';
import { type Crowd, gather, gatherPair } from './harness/crowd.ts';
import { judge } from './harness/evidence.ts';
import { type Load, startLoad } from './harness/load.ts';
import { pause } from './harness/pause.ts';
import type { Talk } from './harness/people.ts';
import { scaled } from './harness/scale.ts';

let cluster: Cluster;
let crowds: Crowd[] = [];
let loads: Load[] = [];

beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());
afterEach(async () => {
  for (const crowd of crowds) await crowd.stop();
});

async function everybodyTalks(): Promise<void> {
  crowds = [await gather(cluster, { channels: 2, senders: 6, readers: 6 }), await gatherPair(cluster)];
  loads = crowds.map(({ senders, talks }) => startLoad({ senders, talks, address: cluster.anyNode }));
}

const sent = () => loads.reduce((sum, load) => sum + load.sent(), 0);
const clients = () => crowds.flatMap(({ all }) => all);
const refusals = (code: string) => clients().reduce((sum, { troubles }) => sum + (troubles.get(code) ?? 0), 0);

async function goesOn(): Promise<void> {
  const before = sent();
  await until('messages are acked again', () => sent() > before + 50, 20_000);
}

async function endsWell(): Promise<void> {
  for (const load of loads) await load.stop();
  expect(await judge(cluster.sql, clients())).toEqual([]);
}

/** Ends the nodes' connections and takes every place before they can, and each that becomes free. */
async function takeAllConnections(): Promise<Sql> {
  const [limit] = await cluster.sql<{ places: number }[]>`select current_setting('max_connections')::int as places`;
  const places = limit?.places as number;
  const hog = postgres(cluster.postgres.url, { max: places, connect_timeout: 2, backoff: () => 0.05 });
  const held = Array.from({ length: places }, () => hog`select pg_sleep(1)`.catch(() => {}));
  await pause(300);
  await cluster.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'chat-service'`;
  void Promise.all(held);
  return hog;
}

describe('PostgreSQL', () => {
  it('crashes and starts again', async () => {
    await everybodyTalks();
    for (let round = 0; round < scaled(3); round += 1) {
      await goesOn();
      await cluster.postgres.kill();
      await pause(500);
      await cluster.postgres.restart();
      await goesOn();
    }
    await endsWell();
    expect(refusals('UNAVAILABLE')).toBeGreaterThan(0);
    expect(refusals('INTERNAL')).toBe(0);
  }, 120_000);

  it('is out of reach of one node, whose senders hear so', async () => {
    await everybodyTalks();
    await goesOn();
    const [node] = cluster.nodes as [ClusterNode];
    node.toPostgres.cut();
    await goesOn();
    await pause(1_000);
    node.toPostgres.heal();
    await goesOn();
    await endsWell();
  }, 120_000);

  it('loses its connections in the middle of statements', async () => {
    await everybodyTalks();
    for (let round = 0; round < scaled(5); round += 1) {
      await goesOn();
      await cluster.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'chat-service'`;
    }
    await goesOn();
    await endsWell();
  }, 120_000);

  it('freezes for longer than a statement may take', async () => {
    await everybodyTalks();
    await goesOn();
    cluster.postgres.freeze();
    await pause(17_000);
    cluster.postgres.thaw();
    await goesOn();
    await endsWell();
  }, 120_000);

  it('has no connection left when the nodes lost theirs', async () => {
    await everybodyTalks();
    await goesOn();
    const hog = await takeAllConnections();
    await pause(2_000);
    await hog.end({ timeout: 1 });
    await goesOn();
    await endsWell();
  }, 120_000);

  it('holds a log locked: its senders wait in vain, those of others do not', async () => {
    crowds = [await gather(cluster, { channels: 2, senders: 6, readers: 3 })];
    const [{ talks, senders }] = crowds as [Crowd];
    const [locked, other] = talks as [Talk, Talk];
    loads = [startLoad({ senders: senders.slice(3), talks: [other] })];
    const channelId = 'channelId' in locked ? locked.channelId : 0;
    const { token } = (senders[0] as Client).user;
    await (senders[0] as Client).send(locked, 'before', 'before');
    await cluster.sql.begin(async (sql) => {
      await sql`select 1 from conversations where "channelId" = ${channelId} for update`;
      const connection = await openConnection('raw', cluster.anyNode(), token, () => {});
      const before = sent();
      const answer = connection.call('channel.message', { channel_id: channelId, text: 'in vain' });
      answer.catch(() => {});
      await pause(4_000);
      expect(sent()).toBeGreaterThan(before + 100);
      // Only after longer than this client waits would it hear UNAVAILABLE.
      await expect(answer).rejects.toBeInstanceOf(Unanswered);
      connection.cut();
    });
    await endsWell();
  }, 120_000);
});
