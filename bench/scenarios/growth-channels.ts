// What a channel with a live reader and no messages costs: thousands on one node, and connections that read many.
import { raw } from '../load/dialect.ts';
import { type Member, openMembers } from '../load/member.ts';
import { pause, settle } from '../load/pace.ts';
import { createReaders, type Reader } from '../load/people.ts';
import { connectionsAllowed } from '../process-tree.ts';
import { type Bench, FAULTS, type Figures, LOST, type Scenario, stretch, TEXT, WRONG, withNode } from '../scenario.ts';
import type { Running, Target } from '../targets.ts';

/** Channels of a connection that reads many. */
const MANY = 100;
const MOST_UNDER_WAY = 500;

/** Channels with one reader each, on a hundredth as many connections. */
export const growthChannels: Scenario = async (bench) => {
  const { channels } = bench.options;
  const readers = await readersOf(bench, channels, MANY);
  return (target) => {
    if (!target.stores || target.dialect !== raw) return Promise.resolve(undefined);
    return withNode(target, (node) => measure(bench, target, node, readers));
  };
};

/** Equally many joins, on a hundredth as many connections and with a connection for each. */
export const growthMemberships: Scenario = async (bench) => {
  const joins = connectionsAllowed(bench.options.joins);
  const [few, many] = [await readersOf(bench, joins, MANY), await readersOf(bench, joins, 1)];
  return async (target) => {
    if (!target.stores || target.dialect !== raw) return undefined;
    const shared = await withNode(target, (node) => measure(bench, target, node, few));
    const single = await withNode(target, (node) => measure(bench, target, node, many));
    return {
      'RSS KiB per joined channel, 100 channels a connection': shared[RSS_EACH] ?? 0,
      'RSS KiB per joined channel, a connection for each': single[RSS_EACH] ?? 0,
      'server CPU us per join, 100 channels a connection': shared[CPU_EACH] ?? 0,
      'server CPU us per connection and join': single[CPU_EACH] ?? 0,
      ...Object.fromEntries(FAULTS.map((name) => [name, (shared[name] ?? 0) + (single[name] ?? 0)])),
    };
  };
};

const RSS_EACH = 'RSS KiB per channel';
const CPU_EACH = 'server CPU us per join';

function readersOf({ databaseUrl }: Bench, channels: number, channelsEach: number): Promise<Reader[]> {
  return createReaders(databaseUrl, { people: Math.max(1, Math.floor(channels / channelsEach)), channelsEach });
}

async function measure({ options }: Bench, target: Target, node: Running, readers: Reader[]): Promise<Figures> {
  const channels = readers.reduce((sum, { channelIds }) => sum + channelIds.length, 0);
  await pause(1_000);
  const before = node.usage();
  let arrived = 0;
  const onDelivery = () => {
    arrived += 1;
  };
  const place = { port: node.port, dialect: target.dialect, onDelivery };
  // About a hundred joins at once, however many each connection makes.
  const crowd = await openMembers(
    readers.map((reader) => ({ ...place, ...reader })),
    Math.max(1, Math.floor((100 * readers.length) / channels)),
  );
  await pause(1_000);
  const made = node.usage();
  const silent = await stretch(
    () => node.usage().cpuSeconds,
    options.silence,
    () => 0,
  );
  const { rssBytes } = node.usage();
  await sendInAll(target, readers, crowd.members, () => arrived);
  crowd.close();
  return {
    channels,
    [CPU_EACH]: (1e6 * (made.cpuSeconds - before.cpuSeconds)) / channels,
    'RSS MiB in total': rssBytes / 2 ** 20,
    [RSS_EACH]: (rssBytes - before.rssBytes) / 1024 / channels,
    'server CPU % while idle': (100 * silent.cpuSeconds) / silent.seconds,
    [WRONG]: Math.abs(channels - arrived),
    [LOST]: crowd.lost(),
  };
}

/**
 * Sends one message in each channel, a hundred from each reader. Resolves when all have come back, or after too long.
 */
async function sendInAll(
  { dialect }: Target,
  readers: readonly Reader[],
  members: readonly Member[],
  arrived: () => number,
): Promise<void> {
  let sent = 0;
  for (const [index, { channelIds }] of readers.entries()) {
    // If sent all at once, they would wait so long that the service would refuse some, as documented.
    const deadline = performance.now() + 5_000;
    while (sent - arrived() > MOST_UNDER_WAY && performance.now() < deadline) await pause(1);
    members[index]?.sendAll(channelIds.map((id, at) => dialect.message(id, TEXT, at)));
    sent += channelIds.length;
  }
  await settle(() => arrived() >= sent);
}
