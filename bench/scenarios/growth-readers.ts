// What a delivery costs as the channel grows from 10 connections to thousands, with about as many deliveries a second.
import { faultsOf, steadyOf } from '../drive.ts';
import { raw } from '../load/dialect.ts';
import { Latencies } from '../load/latencies.ts';
import { closeAll, openRooms } from '../load/live-room.ts';
import { type Channel, createPeople } from '../load/people.ts';
import { connectionsAllowed } from '../process-tree.ts';
import { FAULTS, type Figures, type Scenario, TEXT, thousands, usEach, withNode } from '../scenario.ts';
import type { Running, Target } from '../targets.ts';

const SIZES = [10, 100, 1_000];
const DELIVERIES_PER_SECOND = 50_000;
// A channel of ten would need five thousand messages a second, and that would measure the cost of messages.
const MOST_MESSAGES_PER_SECOND = 500;

export const growthReaders: Scenario = async ({ databaseUrl, options: { largest, seconds } }) => {
  const most = connectionsAllowed(largest);
  const sizes = [...SIZES.filter((size) => size < most), most];
  const channels: Channel[] = [];
  for (const members of sizes) channels.push(...(await createPeople(databaseUrl, { channels: 1, members })));
  return async (target) => {
    if (target.dialect !== raw) return undefined;
    const all: Figures = {};
    for (const channel of channels) {
      const found = await withNode(target, (node) => measure(target, node, channel, seconds));
      for (const fault of FAULTS) found[fault] = (found[fault] ?? 0) + (all[fault] ?? 0);
      Object.assign(all, found);
    }
    return all;
  };
};

async function measure(target: Target, node: Running, channel: Channel, seconds: number): Promise<Figures> {
  const size = channel.members.length;
  const perSecond = Math.min(MOST_MESSAGES_PER_SECOND, DELIVERIES_PER_SECOND / size);
  const latencies = new Latencies();
  const rooms = await openRooms([{ dialect: target.dialect, port: node.port, text: TEXT, latencies, channel }]);
  const cpu = () => node.usage().cpuSeconds;
  const steady = await steadyOf({ rooms, latencies, seconds, cpu, perSecond });
  closeAll(rooms);
  return {
    [`server CPU us per delivery, ${thousands(size)} connections`]: usEach(steady),
    [`p99 ms, ${thousands(size)} connections`]: latencies.at(0.99),
    ...faultsOf(rooms),
  };
}
