// Fifty senders in channels of their own, with 1 and 8 messages under way each, done when acknowledged.
import { latencyFigures } from '../drive.ts';
import { raw } from '../load/dialect.ts';
import { Latencies } from '../load/latencies.ts';
import { openMembers } from '../load/member.ts';
import { pause, settle } from '../load/pace.ts';
import { type Channel, createPeople } from '../load/people.ts';
import { Room } from '../load/room.ts';
import {
  type Bench,
  type Figures,
  LOST,
  memberOf,
  type Scenario,
  TEXT,
  usEach,
  WARM_UP_MS,
  WRONG,
  withNode,
} from '../scenario.ts';
import type { Running, Target } from '../targets.ts';

const SENDERS = 50;

export const persist: Scenario = async (bench) => {
  const channels = await createPeople(bench.databaseUrl, { channels: SENDERS, members: 1 });
  return async (target) => {
    if (!target.stores || target.dialect !== raw) return undefined;
    return withNode(target, async (node) => {
      const single = await measure(bench, target, node, channels, 1);
      const several = await measure(bench, target, node, channels, 8);
      const faults = [WRONG, LOST].map((name) => [name, (single[name] ?? 0) + (several[name] ?? 0)]);
      return { ...single, ...several, ...Object.fromEntries(faults) };
    });
  };
};

async function measure(
  { options: { seconds }, postgresCpu }: Bench,
  target: Target,
  node: Running,
  channels: readonly Channel[],
  underWay: number,
): Promise<Figures> {
  const senders = await openSenders(target, node, channels);
  senders.start(underWay);
  await pause(WARM_UP_MS);
  senders.latencies.clear();
  const before = [senders.acknowledged(), node.usage().cpuSeconds, postgresCpu(), performance.now()] as const;
  await pause(seconds * 1000);
  const count = senders.acknowledged() - before[0];
  const [serverCpu, databaseCpu] = [node.usage().cpuSeconds - before[1], postgresCpu() - before[2]];
  const perSecond = count / ((performance.now() - before[3]) / 1000);
  const latencies = latencyFigures(senders.latencies, `of the acknowledgement, ${SENDERS} x ${underWay}`);
  const faults = await senders.stop();
  return {
    [`stored messages per second, ${SENDERS} x ${underWay}`]: perSecond,
    [`server CPU us per stored message, ${SENDERS} x ${underWay}`]: usEach({ cpuSeconds: serverCpu, count }),
    [`PostgreSQL CPU us per stored message, ${SENDERS} x ${underWay}`]: usEach({ cpuSeconds: databaseCpu, count }),
    ...latencies,
    ...faults,
  };
}

/** Connections that send the next message when one is acknowledged. */
async function openSenders(target: Target, node: Running, channels: readonly Channel[]) {
  const latencies = new Latencies();
  const rooms = channels.map(() => new Room(1));
  const sentAt = channels.map((): number[] => []);
  let acknowledged = 0;
  let over = false;
  const send = (index: number): void => {
    const number = rooms[index]?.noteSent() ?? 0;
    sentAt[index]?.push(performance.now());
    crowd.members[index]?.send(target.dialect.message(channels[index]?.id ?? 0, TEXT, number));
  };
  const options = channels.map((channel, index) => ({
    ...memberOf(target, node, channel, channel.members[0]?.token ?? ''),
    onDelivery: (rooms[index] as Room).receiver(),
    onAck(number: number) {
      acknowledged += 1;
      latencies.note(performance.now() - (sentAt[index]?.[number] ?? 0));
      if (!over) send(index);
    },
  }));
  const crowd = await openMembers(options);
  const wrong = () => rooms.reduce((sum, room) => sum + room.wrong(), 0);
  return {
    latencies,
    acknowledged: () => acknowledged,
    start(underWay: number) {
      for (let round = 0; round < underWay; round++) for (const index of channels.keys()) send(index);
    },
    /** Everything that was sent must be acknowledged, and reach the sender itself. */
    async stop(): Promise<Figures> {
      over = true;
      const sent = () => rooms.reduce((sum, room) => sum + room.sent, 0);
      await settle(() => acknowledged >= sent() && rooms.every((room) => room.isComplete()));
      crowd.close();
      return { [WRONG]: wrong() + Math.abs(sent() - acknowledged), [LOST]: crowd.lost() };
    },
  };
}
