// What a join costs for the 5th live user of a channel, and for the 5,000th.
import { raw } from '../load/dialect.ts';
import { Latencies } from '../load/latencies.ts';
import { type Crowd, type Member, openMembers } from '../load/member.ts';
import { pause, settle } from '../load/pace.ts';
import { type Channel, createPeople } from '../load/people.ts';
import { Room } from '../load/room.ts';
import { connectionsAllowed } from '../process-tree.ts';
import { FAULTS, type Figures, LOST, type Scenario, stretch, TEXT, thousands, WRONG, withNode } from '../scenario.ts';
import type { Running, Target } from '../targets.ts';

const SMALL = 5;
/** Measured one after the other. A single one takes less time than the unit in which Linux counts. */
const JOINS = 300;
const BEFORE_SECONDS = 2;

export const growthJoins: Scenario = async ({ databaseUrl, options: { largest } }) => {
  const most = connectionsAllowed(largest);
  const joins = Math.min(JOINS, Math.floor(most / 2));
  const small = await createPeople(databaseUrl, { channels: joins, members: SMALL });
  const large = await createPeople(databaseUrl, { channels: 1, members: most });
  return async (target) => {
    if (!target.stores || target.dialect !== raw) return undefined;
    const few = await withNode(target, (node) => measure(target, node, small, 1));
    const many = await withNode(target, (node) => measure(target, node, large, joins));
    const faults = FAULTS.map((name) => [name, (few[name] ?? 0) + (many[name] ?? 0)]);
    return { ...few, ...many, ...Object.fromEntries(faults) };
  };
};

/** Connects the last `late` members of each channel when the others are live, and measures their joins. */
async function measure(target: Target, node: Running, channels: readonly Channel[], late: number): Promise<Figures> {
  const size = channels[0]?.members.length ?? 0;
  const places = channels.map((channel) => ({ channel, room: new Room(size) }));
  const open = (some: 'early' | 'late') => openMembers(places.flatMap((place) => optionsOf(place, some)));
  const optionsOf = ({ channel: { id, members }, room }: (typeof places)[number], some: 'early' | 'late') =>
    (some === 'early' ? members.slice(0, -late) : members.slice(-late)).map(({ token }) => ({
      port: node.port,
      dialect: target.dialect,
      token,
      channelIds: some === 'early' ? [id] : [],
      onDelivery: room.receiver(),
    }));
  const [early, joining] = [await open('early'), await open('late')];
  await pause(1_000);
  const ids = channels.flatMap(({ id }) => Array<number>(late).fill(id));
  const figures = await timeJoins(node, joining.members, ids, size);
  const senders = channels.map((_, index) => early.members[(index * early.members.length) / channels.length] as Member);
  const wrong = await everybodyHears(target, senders, places);
  for (const crowd of [early, joining]) crowd.close();
  return { ...figures, [WRONG]: wrong, [LOST]: lostOf([early, joining]) };
}

async function timeJoins(node: Running, joining: readonly Member[], channelIds: readonly number[], size: number) {
  const cpu = () => node.usage().cpuSeconds;
  // What the node does by itself meanwhile is no part of a join.
  const silent = await stretch(cpu, BEFORE_SECONDS, () => 0);
  const latencies = new Latencies();
  const [cpuBefore, started] = [cpu(), performance.now()];
  for (const [index, member] of joining.entries()) {
    const asked = performance.now();
    await member.join(channelIds[index] as number);
    latencies.note(performance.now() - asked);
  }
  const seconds = (performance.now() - started) / 1000;
  const cpuSeconds = cpu() - cpuBefore - (seconds * silent.cpuSeconds) / silent.seconds;
  const which = `a join as live user ${thousands(size)} of a channel`;
  return {
    [`server CPU us of ${which}`]: (1e6 * cpuSeconds) / joining.length,
    [`p50 ms of ${which}`]: latencies.at(0.5),
    [`p99 ms of ${which}`]: latencies.at(0.99),
  };
}

/** Sends one message in each channel. Returns how many of its deliveries were wrong. */
async function everybodyHears(
  { dialect }: Target,
  senders: readonly Member[],
  places: ReadonlyArray<{ channel: Channel; room: Room }>,
): Promise<number> {
  for (const [index, { channel, room }] of places.entries()) {
    senders[index]?.send(dialect.message(channel.id, TEXT, room.noteSent()));
  }
  await settle(() => places.every(({ room }) => room.isComplete()));
  return places.reduce((sum, { room }) => sum + room.wrong(), 0);
}

function lostOf(crowds: readonly Crowd[]): number {
  return crowds.reduce((sum, { lost }) => sum + lost(), 0);
}
