// Drives live rooms at their maximum rate and at a steady rate, and returns the figures.
import type { Latencies } from './load/latencies.ts';
import { deliveriesOf, keepPace, keepUnderWay, type LiveRoom, lostOf, wrongOf } from './load/live-room.ts';
import { pause } from './load/pace.ts';
import { type Figures, LOST, type Stretch, stretch, WARM_UP_MS, WRONG } from './scenario.ts';

export interface Load {
  readonly rooms: readonly LiveRoom[];
  readonly latencies: Latencies;
  readonly seconds: number;
  /** Processor seconds used so far by what is measured. */
  readonly cpu: () => number;
}

/** Deliveries while this many messages are under way in each room. */
export function mostOf({ rooms, seconds, cpu, underWay }: Load & { readonly underWay: number }): Promise<Stretch> {
  return keepUnderWay(rooms, underWay, async () => {
    await pause(WARM_UP_MS);
    return stretch(cpu, seconds, () => deliveriesOf(rooms));
  });
}

/** Deliveries at a steady rate, and how long each took. */
export function steadyOf({
  rooms,
  latencies,
  seconds,
  cpu,
  perSecond,
}: Load & { readonly perSecond: number }): Promise<Stretch> {
  return keepPace(rooms, perSecond, async () => {
    await pause(WARM_UP_MS);
    latencies.clear();
    return stretch(cpu, seconds, () => deliveriesOf(rooms));
  });
}

export function latencyFigures(latencies: Latencies, when: string): Figures {
  return { [`p50 ms ${when}`]: latencies.at(0.5), [`p99 ms ${when}`]: latencies.at(0.99) };
}

export function faultsOf(rooms: readonly LiveRoom[]): Figures {
  return { [WRONG]: wrongOf(rooms), [LOST]: lostOf(rooms) };
}
