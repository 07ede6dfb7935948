// What a message costs, counted in units that do not depend on time and so are the same on every machine. Fails if a
// count exceeds its limit in bench/limits.json: `npm run bench:quick`.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { createDatabase, startPostgres } from '../tests/support/postgres.ts';
import { startRedis } from '../tests/support/redis.ts';
import { type Counted, startCounted } from './counted.ts';
import { raw } from './load/dialect.ts';
import { type Member, openMember, openMembers } from './load/member.ts';
import { type Channel, createPeople, createReaders } from './load/people.ts';

const RECEIVERS = 100;
const IDLE = 1_000;
const BURST = 50;
/** Live users of a channel in which joins are announced, and of one that has too many for that. */
const ANNOUNCED = 20;
const CROWDED = 300;
/** So many that some hundred collections of the young generation fall into them. */
const STORED = 30_000;
const CALLS = 10_000;
const CALLS_AT_ONCE = 32;
const READERS = { people: 20, channelsEach: 50 };
const TEXT = 'a text of a usual length for a chat, about one line';

type Measured = Record<string, number>;

const postgres = await startPostgres();
const redis = await startRedis();
const database = await createDatabase(postgres.url);
const service = await startCounted(database.url, redis.url);
const redisClient = new Redis(redis.url);
try {
  const measured = await measure(service, database.url);
  process.exitCode = report(measured) ? 0 : 1;
} finally {
  redisClient.disconnect();
  service.child.disconnect();
  await once(service.child, 'exit');
  await redis.stop();
  await postgres.stop();
}

async function measure(node: Counted, url: string): Promise<Measured> {
  const [channel, idle] = (await createPeople(url, { channels: 2, members: IDLE })) as [Channel, Channel];
  // In this order, because otherwise memory kept for messages would count as memory of connections.
  const presence = await presenceCounts(node, url, idle);
  const counts = { ...(await messageCounts(node, channel)), ...(await requestCounts(node, channel)), ...presence };
  return { ...counts, ...(await garbageCounts(node, channel)) };
}

async function messageCounts(node: Counted, channel: Channel): Promise<Measured> {
  const { sender, received, close } = await openRoom(node.port, channel);
  await send(sender, received, channel, 1); // What is prepared once is prepared now.
  await quiet();

  await node.counts();
  const published = await publications();
  for (let sent = 0; sent < BURST; sent++) await send(sender, received, channel, 1);
  const alone = await node.counts();
  const bytes = received.bytes();
  await send(sender, received, channel, BURST);
  const burst = await node.counts();
  const publishedAfter = await publications();
  close();

  const deliveries = BURST * RECEIVERS;
  return {
    'SQL statements per message, one at a time': alone.statements / BURST,
    [`SQL statements per message, ${BURST} at once`]: burst.statements / BURST,
    'socket writes per delivery, one message at a time': alone.writes / deliveries,
    [`socket writes per delivery, ${BURST} messages at once`]: burst.writes / deliveries,
    'bytes per delivered frame beside its text': bytes / deliveries - TEXT.length,
    'publications per message of a node that is alone': (publishedAfter - published) / (2 * BURST),
  };
}

async function requestCounts(node: Counted, channel: Channel): Promise<Measured> {
  await quiet();
  await node.counts();
  for (let asked = 0; asked < BURST; asked++) await get(node.port, '/api/v1/channels', channel);
  const list = await node.counts();
  for (let asked = 0; asked < BURST; asked++) {
    await get(node.port, `/api/v1/messages/channel/${channel.id}?limit=50`, channel);
  }
  const history = await node.counts();
  return {
    'SQL statements per GET /channels': list.statements / BURST,
    'SQL statements per page of history': history.statements / BURST,
  };
}

/** What lives as long as a message or a call is under way, or longer, is copied at each collection. */
async function garbageCounts(node: Counted, channel: Channel): Promise<Measured> {
  const store = async (count: number) => {
    const { sender, received, close } = await openRoom(node.port, channel, 1);
    for (let sent = 0; sent < count; sent += BURST) await send(sender, received, channel, BURST, 1);
    close();
  };
  const call = async (count: number) => {
    const caller = async () => {
      for (let asked = 0; asked < count / CALLS_AT_ONCE; asked += 1) await get(node.port, '/api/v1/channels', channel);
    };
    await Promise.all(Array.from({ length: CALLS_AT_ONCE }, caller));
  };
  const measure = async (work: (count: number) => Promise<void>, count: number) => {
    await work(count); // Until hot functions are compiled.
    await node.counts();
    await work(count);
    return (await node.counts()).survivedBytes / count;
  };
  return {
    'bytes of a stored message that survive the young generation': await measure(store, STORED),
    'bytes of a GET /channels that survive the young generation': await measure(call, CALLS),
  };
}

async function presenceCounts(node: Counted, url: string, channel: Channel): Promise<Measured> {
  return {
    'bytes of heap per idle connection': await idleConnections(node, channel),
    'bytes of heap per joined channel': await idleJoins(node, url),
    [`socket writes caused by a join, as live user ${ANNOUNCED} of a channel`]: await writesOfJoin(
      node,
      channel,
      ANNOUNCED,
    ),
    [`socket writes caused by a join, as live user ${CROWDED} of a channel`]: await writesOfJoin(
      node,
      channel,
      CROWDED,
    ),
  };
}

/** Heap of silent connections that are live in a channel. */
async function idleConnections(node: Counted, channel: Channel): Promise<number> {
  const options = channel.members.map(({ token }) => ({
    port: node.port,
    dialect: raw,
    token,
    channelIds: [channel.id],
  }));
  // The first ones one by one, so that what is created once exists.
  const first = await openMembers(options.slice(0, 50));
  const before = await node.counts();
  const rest = await openMembers(options.slice(50));
  await quiet();
  const after = await node.counts();
  for (const crowd of [first, rest]) crowd.close();
  return (after.heapBytes - before.heapBytes) / rest.members.length;
}

/** Heap of channels that few connections have joined, with one reader each. */
async function idleJoins(node: Counted, url: string): Promise<number> {
  const readers = await createReaders(url, READERS);
  const options = readers.map((reader) => ({ port: node.port, dialect: raw, ...reader }));
  const first = await openMembers(options.map((one) => ({ ...one, channelIds: one.channelIds.slice(0, 1) })));
  await quiet();
  const before = await node.counts();
  const rest = readers.flatMap(({ channelIds }, index) => channelIds.slice(1).map((id) => ({ id, index })));
  for (const { id, index } of rest) await first.members[index]?.join(id);
  await quiet();
  const after = await node.counts();
  first.close();
  return (after.heapBytes - before.heapBytes) / rest.length;
}

/** Writes to all who are live in the channel, and the answer to the user who joins as the `place`th. */
async function writesOfJoin(node: Counted, { id, members }: Channel, place: number): Promise<number> {
  const options = members.slice(0, place).map(({ token }) => ({ port: node.port, dialect: raw, token }));
  const live = await openMembers(options.slice(0, -1).map((one) => ({ ...one, channelIds: [id] })));
  const last = await openMembers(options.slice(-1).map((one) => ({ ...one, channelIds: [] })));
  await quiet();
  await node.counts();
  await last.members[0]?.join(id);
  await quiet();
  const { writes } = await node.counts();
  for (const crowd of [live, last]) crowd.close();
  await quiet();
  return writes;
}

async function openRoom(port: number, channel: Channel, receiverCount = RECEIVERS) {
  let count = 0;
  let bytes = 0;
  let wanted = 0;
  let reached = (): void => {};
  const onDelivery = (): void => {
    count += 1;
    if (count === wanted) reached();
  };
  const onBytes = (more: number): void => {
    bytes += more;
  };
  const [author, ...others] = channel.members.slice(0, receiverCount + 1);
  const member = (token: string) => ({ port, dialect: raw, token, channelIds: [channel.id] });
  const receivers = await openMembers(others.map(({ token }) => ({ ...member(token), onDelivery, onBytes })));
  // Counted only for the receivers, because the author's own connection also gets acknowledgements.
  const sender = await openMember(member(author?.token ?? ''));
  await quiet();
  bytes = 0;
  const received = {
    after(deliveries: number): Promise<void> {
      count = 0;
      wanted = deliveries;
      return new Promise((resolve) => {
        reached = resolve;
      });
    },
    bytes() {
      return bytes;
    },
    reset() {
      bytes = 0;
    },
  };
  const close = () => {
    for (const { close: end } of [receivers, sender]) end();
  };
  return { sender, received, close };
}

async function send(
  sender: Member,
  received: { after(n: number): Promise<void> },
  channel: Channel,
  count: number,
  receiverCount = RECEIVERS,
) {
  const all = received.after(count * receiverCount);
  sender.sendAll(Array.from({ length: count }, (_, index) => raw.message(channel.id, TEXT, index)));
  await all;
}

async function get(port: number, path: string, channel: Channel): Promise<void> {
  const headers = { authorization: `Bearer ${channel.members[0]?.token}` };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
}

/** By then the service has finished what it does by itself after a connection or a second of silence. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2_500));
}

async function publications(): Promise<number> {
  const stats = await redisClient.info('commandstats');
  return Number(/^cmdstat_publish:calls=(\d+)/m.exec(stats)?.[1] ?? 0);
}

/** Prints the counts. Returns false if one exceeds its limit. */
function report(measured: Measured): boolean {
  const limits = JSON.parse(readFileSync(new URL('limits.json', import.meta.url), 'utf8')) as Measured;
  let good = true;
  for (const [what, value] of Object.entries(measured)) {
    const limit = limits[what] ?? 0;
    const held = value <= limit;
    if (!held) good = false;
    console.log(`${held ? 'ok  ' : 'GREW'} ${what}: ${Number(value.toFixed(3))} (limit ${limit})`);
  }
  return good;
}
