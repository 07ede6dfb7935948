// Many channels of twenty, each with a sender: one message of each under way until all twenty have it, then 500 a second.
import { faultsOf, latencyFigures, mostOf, steadyOf } from '../drive.ts';
import { Latencies } from '../load/latencies.ts';
import { closeAll, openRooms } from '../load/live-room.ts';
import { createPeople } from '../load/people.ts';
import { type Scenario, TEXT, usEach, withNode } from '../scenario.ts';

const SIZE = 20;
const RATE = 500;

export const rooms: Scenario = async ({ databaseUrl, options }) => {
  const channels = await createPeople(databaseUrl, { channels: options.rooms, members: SIZE });
  return (target) =>
    withNode(target, async (node) => {
      const latencies = new Latencies();
      const place = { dialect: target.dialect, port: node.port, text: TEXT, latencies };
      const live = await openRooms(channels.map((channel) => ({ ...place, channel })));
      const load = { rooms: live, latencies, seconds: options.seconds, cpu: () => node.usage().cpuSeconds };
      const most = await mostOf({ ...load, underWay: 1 });
      const steady = await steadyOf({ ...load, perSecond: RATE });
      closeAll(live);
      return {
        'deliveries per server-CPU-second, one under way each': most.count / most.cpuSeconds,
        'server CPU us per message, one under way each': SIZE * usEach(most),
        'deliveries per second, one under way each (the load generator bounds it)': most.count / most.seconds,
        'deliveries per server-CPU-second at 500 messages/s': steady.count / steady.cpuSeconds,
        'server CPU us per message at 500 messages/s': SIZE * usEach(steady),
        ...latencyFigures(latencies, 'at 500 messages/s'),
        ...faultsOf(live),
      };
    });
};
