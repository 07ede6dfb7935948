// PostgreSQL crashes, freezes, is out of reach, full or locked: nothing is acked that is not stored, senders hear
// UNAVAILABLE and may send again, and the nodes go on when it is back, without a restart of theirs.
import postgres, { type Sql } from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { until } from '../support/until.ts';
import type { Client } from './harness/client.ts';
import { type Cluster, type ClusterNode, startCluster } from './harness/cluster.ts';
import { openConnection, Refused, Unanswered } from './harness/connection.ts';
import { type Crowd, gather, gatherPair } from './harness/crowd.ts';
import { eventsOf, judge } from './harness/evidence.ts';
import { type Figures, figures } from './harness/figures.ts';
import { type Load, startLoad } from './harness/load.ts';
import { pause } from './harness/pause.ts';
import type { Talk } from './harness/people.ts';
import { sized, TIME_LIMIT_MS } from './harness/scale.ts';

/** How long the server is frozen, in ms: longer than the limit of a statement, 15 s. */
const FROZEN_MS = 17_000;
const ROUNDS = sized(3, 8);

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
  await until('messages are acked again', () => sent() > before + 50, 60_000);
}

/** Also counts what was done, beside what the test says itself. */
async function endsWell(test: TestContext, counted: Figures): Promise<void> {
  for (const load of loads) await load.stop();
  const breaches = await judge(cluster.sql, clients());
  const retries = clients().reduce((sum, { troubles }) => sum + [...troubles.values()].reduce((a, b) => a + b, 0), 0);
  figures(test, { ...counted, messages: sent(), events: eventsOf(clients()), retries, breaches: breaches.length });
  expect(breaches).toEqual([]);
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
  it(
    'crashes and starts again',
    async (test) => {
      await everybodyTalks();
      for (let round = 0; round < ROUNDS; round += 1) {
        await goesOn();
        // Now as a crash, now as an administrator does it.
        await (round % 2 === 0 ? cluster.postgres.kill() : cluster.postgres.shutDown());
        await pause(500);
        await cluster.postgres.restart();
        await goesOn();
      }
      await endsWell(test, { 'crashes and restarts': ROUNDS, 'heard UNAVAILABLE': refusals('UNAVAILABLE') });
      expect(refusals('UNAVAILABLE')).toBeGreaterThan(0);
      expect(refusals('INTERNAL')).toBe(0);
    },
    TIME_LIMIT_MS,
  );

  it(
    'is out of reach of one node, whose senders hear so',
    async (test) => {
      await everybodyTalks();
      await goesOn();
      const [node] = cluster.nodes as [ClusterNode];
      node.toPostgres.cut();
      await goesOn();
      await pause(1_000);
      node.toPostgres.heal();
      await goesOn();
      await endsWell(test, { 'out of reach of one node': 1 });
    },
    TIME_LIMIT_MS,
  );

  it(
    'loses its connections in the middle of statements',
    async (test) => {
      await everybodyTalks();
      for (let round = 0; round < ROUNDS; round += 1) {
        await goesOn();
        await cluster.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'chat-service'`;
      }
      await goesOn();
      await endsWell(test, { 'all sessions ended': ROUNDS });
    },
    TIME_LIMIT_MS,
  );

  it(
    'freezes for longer than a statement may take',
    async (test) => {
      await everybodyTalks();
      await goesOn();
      cluster.postgres.freeze();
      await pause(FROZEN_MS);
      cluster.postgres.thaw();
      await goesOn();
      await endsWell(test, { 'frozen for seconds': FROZEN_MS / 1_000 });
    },
    TIME_LIMIT_MS,
  );

  it(
    'has no connection left when the nodes lost theirs',
    async (test) => {
      await everybodyTalks();
      await goesOn();
      const hog = await takeAllConnections();
      await pause(2_000);
      await hog.end({ timeout: 1 });
      await goesOn();
      await endsWell(test, { 'connections left': 0 });
    },
    TIME_LIMIT_MS,
  );

  it(
    'holds a log locked: its senders wait in vain, those of others do not',
    async (test) => {
      crowds = [await gather(cluster, { channels: 2, senders: 6, readers: 3 })];
      const [{ talks, senders }] = crowds as [Crowd];
      const [locked, other] = talks as [Talk, Talk];
      loads = [startLoad({ senders: senders.slice(3), talks: [other] })];
      const channelId = 'channelId' in locked ? locked.channelId : 0;
      const { token } = (senders[0] as Client).user;
      await (senders[0] as Client).send(locked, 'before', 'before');
      let hung = 0;
      await cluster.sql.begin(async (sql) => {
        await sql`select 1 from conversations where "channelId" = ${channelId} for update`;
        const connection = await openConnection('raw', cluster.anyNode(), token, () => {});
        const before = sent();
        const began = performance.now();
        // Not in a quick run: only after 15 s it hears UNAVAILABLE.
        const answer = connection.call(
          'channel.message',
          { channel_id: channelId, text: 'in vain' },
          sized(4_000, 60_000),
        );
        const error = await answer.catch((reason: unknown) => reason);
        hung = Math.round((performance.now() - began) / 1_000);
        expect(error).toEqual(sized(new Unanswered('no answer in time'), new Refused('UNAVAILABLE')));
        expect(hung).toBeLessThan(30);
        expect(sent()).toBeGreaterThan(before + 100);
        connection.cut();
      });
      await endsWell(test, { 'hung for seconds': hung });
    },
    TIME_LIMIT_MS,
  );
});
