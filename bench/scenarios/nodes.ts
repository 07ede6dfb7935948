// Two nodes: the sender on one, all receivers on the other. For comparison, the same on one node.
import { faultsOf, latencyFigures, mostOf, steadyOf } from '../drive.ts';
import { raw } from '../load/dialect.ts';
import { Latencies } from '../load/latencies.ts';
import { closeAll, openRooms } from '../load/live-room.ts';
import type { Channel } from '../load/people.ts';
import { createPeople } from '../load/people.ts';
import { type Bench, FAULTS, type Figures, type Scenario, TEXT, usEach, withNodes } from '../scenario.ts';
import type { Running, Target } from '../targets.ts';

const UNDER_WAY = 32;
const RATE = 50;

export const nodes: Scenario = async (bench) => {
  const channels = await createPeople(bench.databaseUrl, { channels: 1, members: bench.options.receivers });
  return async (target) => {
    if (!target.stores || target.dialect !== raw) return undefined;
    const two = await withNodes(target, 2, (both) => measure(bench, target, both, channels));
    const one = await withNodes(target, 1, (single) => measure(bench, target, single, channels));
    return { ...named('two nodes', two), ...named('one node', one), ...addFaults(two, one) };
  };
};

async function measure(
  { options: { seconds }, redisCpu }: Bench,
  { dialect }: Target,
  running: readonly Running[],
  channels: readonly Channel[],
): Promise<Figures> {
  const latencies = new Latencies();
  const [first, last] = [running[0] as Running, running.at(-1) as Running];
  const place = { dialect, port: last.port, senderPort: first.port, text: TEXT, latencies };
  const rooms = await openRooms(channels.map((channel) => ({ ...place, channel })));
  const nodesCpu = () => running.reduce((sum, node) => sum + node.usage().cpuSeconds, 0);
  const load = { rooms, latencies, seconds, cpu: () => nodesCpu() + redisCpu() };
  const most = await mostOf({ ...load, underWay: UNDER_WAY });
  const steady = await steadyOf({ ...load, perSecond: RATE });
  closeAll(rooms);
  return {
    'deliveries per CPU-second of nodes and Redis, 32 under way': most.count / most.cpuSeconds,
    'deliveries per second, 32 under way (the load generator bounds it)': most.count / most.seconds,
    'CPU us of nodes and Redis per delivery at 50 messages/s': usEach(steady),
    ...latencyFigures(latencies, 'at 50 messages/s'),
    ...faultsOf(rooms),
  };
}

function named(what: string, figures: Figures): Figures {
  const plain = Object.entries(figures).filter(([name]) => !FAULTS.includes(name));
  return Object.fromEntries(plain.map(([name, value]) => [`${what}: ${name}`, value]));
}

function addFaults(one: Figures, other: Figures): Figures {
  return Object.fromEntries(FAULTS.map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]));
}
