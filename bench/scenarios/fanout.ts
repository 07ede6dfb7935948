// One channel, one sender: 32 messages under way until all receivers have them, then 50 a second.
import { faultsOf, latencyFigures, mostOf, steadyOf } from '../drive.ts';
import { Latencies } from '../load/latencies.ts';
import { closeAll, openRooms } from '../load/live-room.ts';
import { createPeople } from '../load/people.ts';
import { type Scenario, TEXT, usEach, withNode } from '../scenario.ts';

const UNDER_WAY = 32;
const RATE = 50;

export const fanout: Scenario = async ({ databaseUrl, options: { receivers, seconds } }) => {
  const channels = await createPeople(databaseUrl, { channels: 1, members: receivers });
  return (target) =>
    withNode(target, async (node) => {
      const latencies = new Latencies();
      const place = { dialect: target.dialect, port: node.port, text: TEXT, latencies };
      const rooms = await openRooms(channels.map((channel) => ({ ...place, channel })));
      const load = { rooms, latencies, seconds, cpu: () => node.usage().cpuSeconds };
      const most = await mostOf({ ...load, underWay: UNDER_WAY });
      const steady = await steadyOf({ ...load, perSecond: RATE });
      closeAll(rooms);
      return {
        'deliveries per server-CPU-second, 32 under way': most.count / most.cpuSeconds,
        'deliveries per second, 32 under way (the load generator bounds it)': most.count / most.seconds,
        'server CPU us per delivery at 50 messages/s': usEach(steady),
        ...latencyFigures(latencies, 'at 50 messages/s'),
        ...faultsOf(rooms),
      };
    });
};
