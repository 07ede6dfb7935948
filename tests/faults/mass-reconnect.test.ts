// All readers of a channel lose their connections at once and come back within seconds: the database hardly notices, and
// they do not tell each other that they are here.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { type Client, createClient } from './harness/client.ts';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { TRANSPORTS, type TransportName } from './harness/connection.ts';
import { eventsOf, judge } from './harness/evidence.ts';
import { figures } from './harness/figures.ts';
import { makeChannel, makeUsers } from './harness/people.ts';
import { sized, TIME_LIMIT_MS } from './harness/scale.ts';

const READERS = sized(300, 3_000);
/** They come back at random within this time. */
const COMES_BACK_MS = sized(1_000, 4_000);
/** How many connect at the same time in the beginning, when nothing is measured. */
const LANES = 50;
const MESSAGES = 20;
/** Joins and leaves are announced while no more users than this are live. */
const ANNOUNCED = 256;

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster({ postgres: ['shared_preload_libraries=pg_stat_statements'] });
  await cluster.sql`create extension pg_stat_statements`;
});
afterAll(() => cluster.stop());

/** How many statements the nodes ran, of all kinds, and how many of them read messages. */
async function statements(): Promise<{ all: number; pages: number }> {
  const rows = await cluster.sql<{ query: string; calls: number }[]>`
    select query, calls::int as calls from pg_stat_statements where query not like '%pg_stat_statements%'`;
  const calls = (some: typeof rows | { calls: number }[]) => [...some].reduce((sum, row) => sum + row.calls, 0);
  return { all: calls(rows), pages: calls(rows.filter(({ query }) => /\bchats\b/.test(query))) };
}

async function connectAll(clients: readonly Client[]): Promise<void> {
  await Promise.all(clients.map((client) => client.connection()));
}

it(
  'readers cut all at once are back within seconds, for a bounded number of reads',
  async (test) => {
    const users = await makeUsers(cluster.sql, READERS + 1);
    const talk = await makeChannel(cluster.sql, users);
    const clients: Client[] = [];
    for (let from = 0; from < users.length; from += LANES) {
      const some = users.slice(from, from + LANES).map((user, index) => {
        const transport = TRANSPORTS[index % 2] as TransportName;
        const options = { comesBackMs: COMES_BACK_MS, patienceMs: 30_000 };
        return createClient({ user, transport, reads: [talk], address: cluster.roam(), ...options });
      });
      await connectAll(some);
      clients.push(...some);
    }
    const [writer, ...readers] = clients as [Client, ...Client[]];
    for (let n = 0; n < MESSAGES; n += 1) await writer.send(talk, `${n}`, `before-${n}`);
    expect(await judge(cluster.sql, clients)).toEqual([]);
    const signals = () => readers.reduce((sum, client) => sum + client.signals(), 0);
    const noticed = signals();
    const connects = clients.map((client) => client.connects());
    await cluster.sql`select pg_stat_statements_reset()`;

    const began = performance.now();
    for (const client of readers) client.cut();
    for (let n = 0; n < MESSAGES; n += 1) await writer.send(talk, `${n}`, `meanwhile-${n}`);
    const back = () => clients.every((client, index) => index === 0 || client.connects() > (connects[index] as number));
    await until('everybody is back', back, TIME_LIMIT_MS);
    await connectAll(clients);
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    const counted = await statements();
    const breaches = await judge(cluster.sql, clients);
    const announced = signals() - noticed;
    figures(test, {
      readers: READERS,
      'all back after seconds': seconds,
      statements: counted.all,
      'of them for messages': counted.pages,
      'frames of presence': announced,
      events: eventsOf(clients),
      breaches: breaches.length,
    });
    expect(breaches).toEqual([]);
    // Each node tells of so many joins and leaves at most, to so many on each node; not of all to all.
    expect(announced).toBeLessThan(2 * (cluster.nodes.length * ANNOUNCED) ** 2);
    // The readers come out of the ring, or share what they read.
    expect(counted.pages).toBeLessThan(50 + READERS / 50);
    // Each has three questions, to be answered alone where the machine is quick; in a rush they share the statements.
    expect(counted.all).toBeLessThan(200 + 3 * READERS);
    await Promise.all(clients.map((client) => client.stop()));
  },
  TIME_LIMIT_MS,
);
