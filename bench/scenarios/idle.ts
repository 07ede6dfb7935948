// Silent connections that are live, twenty to a channel.
import { faultsOf } from '../drive.ts';
import { closeAll, openRooms, sendOnce } from '../load/live-room.ts';
import { pause } from '../load/pace.ts';
import { type Channel, createPeople } from '../load/people.ts';
import { connectionsAllowed } from '../process-tree.ts';
import { type Bench, type Figures, type Scenario, stretch, TEXT, withNode } from '../scenario.ts';
import type { Running, Target } from '../targets.ts';

const SIZE = 20;

export const idle: Scenario = (bench) => silentCrowd(bench, bench.options.connections);

/** As many as one node should hold. */
export const growthConnections: Scenario = (bench) => silentCrowd(bench, bench.options.crowd);

async function silentCrowd(bench: Bench, connections: number) {
  const rooms = Math.max(1, Math.floor(connectionsAllowed(connections) / SIZE));
  const channels = await createPeople(bench.databaseUrl, { channels: rooms, members: SIZE });
  return (target: Target) => withNode(target, (node) => measure(bench, target, node, channels));
}

async function measure({ options }: Bench, target: Target, node: Running, channels: Channel[]): Promise<Figures> {
  await pause(1_000);
  const [before, started] = [node.usage(), performance.now()];
  const place = { dialect: target.dialect, port: node.port, text: TEXT };
  const rooms = await openRooms(channels.map((channel) => ({ ...place, channel })));
  const connections = channels.length * SIZE;
  const seconds = (performance.now() - started) / 1000;
  await pause(1_000);
  const made = node.usage();
  const silent = await stretch(
    () => node.usage().cpuSeconds,
    options.silence,
    () => 0,
  );
  const { rssBytes } = node.usage();
  // A message that reaches all of them shows that they are live.
  await sendOnce(rooms);
  closeAll(rooms);
  return {
    connections,
    'connections made per second': connections / seconds,
    'server CPU us per connection made': (1e6 * (made.cpuSeconds - before.cpuSeconds)) / connections,
    'RSS MiB in total': rssBytes / 2 ** 20,
    'RSS KiB per connection': (rssBytes - before.rssBytes) / 1024 / connections,
    'server CPU % while idle': (100 * silent.cpuSeconds) / silent.seconds,
    ...faultsOf(rooms),
  };
}
