// Everybody talks, in channels and in pairs, while a test breaks something. Also ends and checks such a test.
import { expect, type TestContext } from 'vitest';
import { until } from '../../support/until.ts';
import type { Client } from './client.ts';
import type { Cluster } from './cluster.ts';
import { type Crowd, type CrowdOptions, gather, gatherPair } from './crowd.ts';
import { eventsOf, judge } from './evidence.ts';
import { type Figures, figures } from './figures.ts';
import { type Load, startLoad } from './load.ts';

export interface Talking {
  readonly clients: readonly Client[];
  /** Messages acked so far. */
  sent(): number;
  /** Resolves when more than `more` messages have been acked since there were `before`. */
  goesOn(more: number, patienceMs: number, before?: number): Promise<void>;
  /** Lets everybody finish what is under way. */
  hush(): Promise<void>;
  /**
   * Ends the talk and checks what was promised. Reports the figures of the test, and those that `more` returns then.
   */
  endsWell(test: TestContext, counted: Figures, more?: () => Figures): Promise<void>;
  /** Disconnects everybody. */
  stop(): Promise<void>;
}

/** The people of `crowds`, who produce `loads`. */
export function talkOf(cluster: Cluster, crowds: readonly Crowd[], loads: readonly Load[]): Talking {
  const clients = crowds.flatMap(({ all }) => all);
  const sent = () => loads.reduce((sum, load) => sum + load.sent(), 0);
  const hush = async () => {
    for (const load of loads) await load.stop();
  };
  return {
    clients,
    sent,
    goesOn: (more, patienceMs, before = sent()) =>
      until('messages are acked', () => sent() > before + more, patienceMs),
    hush,
    async endsWell(test, counted, more = () => ({})) {
      await hush();
      const breaches = await judge(cluster.sql, clients);
      const all = { ...counted, messages: sent(), events: eventsOf(clients), ...more() };
      figures(test, { ...all, breaches: breaches.length });
      expect(breaches).toEqual([]);
    },
    async stop() {
      for (const crowd of crowds) await crowd.stop();
    },
  };
}

/** A crowd and a pair, all of whose senders talk until the test ends. */
export async function everybodyTalks(cluster: Cluster, options: CrowdOptions): Promise<Talking> {
  const crowds = [await gather(cluster, options), await gatherPair(cluster)];
  const loads = crowds.map(({ senders, talks }) => startLoad({ senders, talks, address: cluster.anyNode }));
  return talkOf(cluster, crowds, loads);
}
