// Readers that stop reading, for a while or for good, one or very many: they get everything or are closed, and they harm
// nobody; the server's memory stays bounded.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { until } from '../support/until.ts';
import type { Client } from './harness/client.ts';
import { type Cluster, type ClusterNode, startCluster } from './harness/cluster.ts';
import { openConnection, TRANSPORTS, type TransportName } from './harness/connection.ts';
import { type Crowd, gather } from './harness/crowd.ts';
import { judge } from './harness/evidence.ts';
import { figures } from './harness/figures.ts';
import { pause } from './harness/pause.ts';
import { addMembers, channelOf, makeUsers, type Talk } from './harness/people.ts';
import { sized, TIME_LIMIT_MS } from './harness/scale.ts';

/** What the sockets of both sides hold in the kernel is not the service's: this is more, for each reader. */
const MESSAGES = 220;
const TEXT = 'x'.repeat(60_000);
const BUFFERED = 65_536;
const ENV = { MAX_BUFFERED_BYTES: String(BUFFERED), MAX_TEXT_LENGTH: '60000' };
/** One node for those who go on, however slow the machine is, and one for those who never do. */
const PATIENCE_MS = [300_000, sized(5_000, 10_000)];

let cluster: Cluster;

beforeAll(async () => {
  const envOf = (index: number) => ({ SLOW_READER_TIMEOUT_MS: String(PATIENCE_MS[index]) });
  cluster = await startCluster({ size: 2, env: ENV, envOf });
});
afterAll(() => cluster.stop());

function gatherAt(index: number, readers: number): Promise<Crowd> {
  const address = () => () => (cluster.nodes[index] as ClusterNode).url;
  return gather(cluster, { senders: 1, readers, address, patienceMs: 60_000 });
}

async function say({ senders, talks }: Crowd, name: string): Promise<void> {
  for (let n = 0; n < MESSAGES; n += 1) await (senders[0] as Client).send(talks[0] as Talk, TEXT, `${name}-${n}`);
}

const memory = (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) << 10;

/** The most memory that the process had while this went on, in bytes. */
async function peakMemory(pid: number, work: () => Promise<void>): Promise<number> {
  let peak = memory(pid);
  const timer = setInterval(() => {
    peak = Math.max(peak, memory(pid));
  }, 50);
  await work().finally(() => clearInterval(timer));
  return peak;
}

/** One figure of a node's metrics; 0 where there is none yet. */
async function metric({ url }: ClusterNode, name: string): Promise<number> {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split('\n');
  return Number(lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? 0);
}

describe.concurrent('readers that stop reading', () => {
  it(
    'and go on get everything on the same connection, and kept nobody waiting',
    async (test) => {
      const { expect } = test;
      const crowd = await gatherAt(0, 4);
      const slow = crowd.readers.slice(0, 2);
      const paused = await Promise.all(slow.map((client) => client.connection()));
      for (const one of paused) one.pause();
      const silence = sized(0, 20_000);
      const began = performance.now();
      await Promise.all([say(crowd, 'slow'), pause(silence)]);
      expect(await judge(cluster.sql, [...crowd.senders, ...crowd.readers.slice(2)])).toEqual([]);
      const seconds = Math.round((performance.now() - began) / 100) / 10;
      for (const one of paused) one.resume();
      const breaches = await judge(cluster.sql, crowd.all);
      figures(test, { 'read nothing for seconds': seconds, messages: MESSAGES, breaches: breaches.length });
      expect(breaches).toEqual([]);
      for (const client of slow) expect(client.connects()).toBe(1);
      await crowd.stop();
    },
    TIME_LIMIT_MS,
  );

  it(
    'for good are closed, many of them, while memory stays bounded and others get theirs',
    async (test) => {
      const { expect } = test;
      const count = sized(40, 200);
      const node = cluster.nodes[1] as ClusterNode;
      const crowd = await gatherAt(1, 2);
      const [talk] = crowd.talks as [Talk];
      const users = await makeUsers(cluster.sql, count);
      await addMembers(cluster.sql, channelOf(talk), users);
      const stuck = await Promise.all(
        users.map(({ token }, index) =>
          openConnection(TRANSPORTS[index % 2] as TransportName, node.url, token, () => {}, 30_000),
        ),
      );
      for (const one of stuck) {
        await one.call('channel.join', { channel_id: channelOf(talk) }, 30_000);
        one.pause();
      }
      const othersAlone = async () => {
        await pause(200);
        return (await metric(node, 'chat_connections')) === crowd.all.length;
      };
      const before = memory(node.pid);
      const allClosed = until('all who are stuck are closed', othersAlone, TIME_LIMIT_MS);
      const peak = await peakMemory(node.pid, () => say(crowd, 'stuck'));
      const breaches = await judge(cluster.sql, crowd.all);
      expect(breaches).toEqual([]);
      // Each may have its bound unsent, and one message more that was being written; the rest is the process's own.
      expect(peak - before).toBeLessThan(count * 2 * (BUFFERED + TEXT.length) + (150 << 20));
      for (const client of crowd.all) expect(client.connects()).toBe(1);
      await allClosed;
      // On a slow machine some are first given up for answering no ping.
      const asSlow = await metric(node, 'chat_connections_closed_total{code="4408"}');
      figures(test, {
        stuck: count,
        'closed with 4408': asSlow,
        messages: MESSAGES,
        'memory grew by MB': (peak - before) >> 20,
        breaches: breaches.length,
      });
      expect(asSlow).toBeGreaterThan(0);
      // Some read on, and find why they were closed, unless they look so late that the server waits for them no more.
      for (const one of stuck.slice(0, 20)) one.resume();
      for (const one of stuck.slice(20)) one.cut();
      const codes = await Promise.all(stuck.slice(0, 20).map((one) => one.closed));
      for (const code of codes) expect([4408, 1006, undefined]).toContain(code);
      await crowd.stop();
    },
    TIME_LIMIT_MS,
  );
});
