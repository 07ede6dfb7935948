// What a scenario is: it prepares its data once, then drives fresh processes of targets and measures what they use.

import type { MemberOptions } from './load/member.ts';
import { pause } from './load/pace.ts';
import type { Channel } from './load/people.ts';
import type { Options } from './options.ts';
import { type Running, run, type Target } from './targets.ts';

/** The values of figures, by name. */
export type Figures = Record<string, number>;

export interface Bench {
  /** A database with the schema and without rows, only for this scenario. */
  readonly databaseUrl: string;
  readonly options: Options;
  /** Processor seconds used so far by all processes of PostgreSQL. */
  postgresCpu(): number;
  redisCpu(): number;
}

/** Returns undefined if the target cannot do it. */
export type Measure = (target: Target) => Promise<Figures | undefined>;
export type Scenario = (bench: Bench) => Promise<Measure>;

/** The name of figures that are faults: a run with any above 0 has failed. */
export const WRONG = 'deliveries that were missing, double or out of order';
export const LOST = 'connections that were lost';
export const FAULTS: readonly string[] = [WRONG, LOST];

export const TEXT = 'x'.repeat(100);
export const WARM_UP_MS = 1_500;

/** Starts this many processes of the target, and ends them whatever happens. */
export async function withNodes<T>(target: Target, count: number, use: (nodes: Running[]) => Promise<T>): Promise<T> {
  const nodes: Running[] = [];
  try {
    while (nodes.length < count) nodes.push(await run(target));
    return await use(nodes);
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
}

export function withNode<T>(target: Target, use: (node: Running) => Promise<T>): Promise<T> {
  return withNodes(target, 1, ([node]) => use(node as Running));
}

export function memberOf({ dialect }: Target, { port }: Running, { id }: Channel, token: string): MemberOptions {
  return { port, dialect, token, channelIds: [id] };
}

export interface Stretch {
  readonly cpuSeconds: number;
  readonly count: number;
  readonly seconds: number;
}

/** What was counted from now on for this long, and the processor time used. */
export async function stretch(cpu: () => number, seconds: number, counter: () => number): Promise<Stretch> {
  const [cpuBefore, countBefore, started] = [cpu(), counter(), performance.now()];
  await pause(seconds * 1000);
  return {
    cpuSeconds: cpu() - cpuBefore,
    count: counter() - countBefore,
    seconds: (performance.now() - started) / 1000,
  };
}

/** Processor time in us for each counted unit. */
export function usEach({ cpuSeconds, count }: { cpuSeconds: number; count: number }): number {
  return (1e6 * cpuSeconds) / count;
}

export function thousands(count: number): string {
  return count.toLocaleString('en-US');
}
