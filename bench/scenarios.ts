// The scenarios: each brings a fresh process of a target to work and says what it took.
import { Agent, request as httpRequest } from 'node:http';
import { raw } from './load/dialect.ts';
import { type Member, type MemberOptions, openMembers } from './load/member.ts';
import type { Channel } from './load/people.ts';
import { pause, type Running, run, type Target } from './targets.ts';

/** Names of figures with their values. */
export type Figures = Record<string, number>;

export interface Ground {
  /** Duration of each measured stretch. */
  readonly seconds: number;
  /** One channel with all receivers. */
  readonly big: Channel;
  /** One channel for each of many senders. */
  readonly solos: readonly Channel[];
}

export type Scenario = (target: Target, ground: Ground) => Promise<Figures | undefined>;

const UNDER_WAY_HTTP = 16;
/** What is asked for in a channel: path, and body where something is sent. */
const REQUESTS: Record<string, (channel: Channel) => { path: string; json?: object }> = {
  channels: () => ({ path: '/api/v1/channels' }),
  history: ({ id }) => ({ path: `/api/v1/messages/channel/${id}` }),
  'POST a message': ({ id }) => ({ path: '/api/v1/messages', json: { channelId: id, text: TEXT } }),
};

const TEXT = 'x'.repeat(100);
const UNDER_WAY = 32;
const RATE = 50;
const WARM_UP_MS = 1_500;
const SETTLE_MS = 1_000;

/** One channel, one sender: 32 messages under way until all receivers have them, then 50 a second. */
export const fanout: Scenario = (target, { seconds, big }) =>
  withTarget(target, async (node) => {
    const log = new DeliveryLog(big.members.length);
    const members = await openMembers(
      big.members.map(({ token }) => ({
        ...memberOf(target, node, big, token),
        onDelivery: log.receiver(),
      })),
    );
    const sender = members[0] as Member;
    const send = () => sender.send(target.dialect.message(big.id, TEXT, 'm'));
    log.onComplete = send;
    for (let sent = 0; sent < UNDER_WAY; sent++) send();
    await pause(WARM_UP_MS);
    const most = await stretch(node, seconds, () => log.deliveries);
    log.onComplete = () => {};
    await pause(SETTLE_MS);
    const timer = setInterval(send, 1000 / RATE);
    const steady = await stretch(node, seconds, () => log.deliveries);
    clearInterval(timer);
    await pause(SETTLE_MS);
    for (const { close } of members) close();
    return {
      'deliveries per server-CPU-second, 32 under way': most.count / most.cpuSeconds,
      'deliveries per second, 32 under way (the load generator bounds it)': most.count / most.seconds,
      'server CPU us per delivery at 50 messages/s': (1e6 * steady.cpuSeconds) / steady.count,
      'deliveries that were missing, double or out of order': log.wrong(),
    };
  });

/** Senders in channels of their own, 1 and 8 messages under way each, done when acknowledged. */
export const persist: Scenario = async (target, { seconds, solos }) => {
  if (!target.stores || target.dialect !== raw) return undefined;
  return withTarget(target, async (node) => {
    const figures: Figures = {};
    for (const underWay of [1, 8]) {
      let acknowledged = 0;
      const members = await openMembers(
        solos.map((channel, index) => ({
          ...memberOf(target, node, channel, channel.members[0]?.token ?? ''),
          onAck() {
            acknowledged += 1;
            send(index);
          },
        })),
      );
      const send = (index: number) => members[index]?.send(target.dialect.message(solos[index]?.id ?? 0, TEXT, 'm'));
      for (let round = 0; round < underWay; round++) for (const index of members.keys()) send(index);
      await pause(WARM_UP_MS);
      const stored = await stretch(node, seconds, () => acknowledged);
      for (const { close } of members) close();
      await pause(SETTLE_MS);
      figures[`stored messages per second, ${solos.length} x ${underWay}`] = stored.count / stored.seconds;
      figures[`server CPU us per stored message, ${solos.length} x ${underWay}`] =
        (1e6 * stored.cpuSeconds) / stored.count;
    }
    return figures;
  });
};

/** Requests over sixteen connections that are kept. */
export const rest: Scenario = async (target, { seconds, solos }) => {
  if (!target.stores || target.dialect !== raw) return undefined;
  return withTarget(target, async (node) => {
    const figures: Figures = {};
    const agent = new Agent({ keepAlive: true, maxSockets: UNDER_WAY_HTTP });
    for (const [name, ask] of Object.entries(REQUESTS)) {
      let answered = 0;
      let over = false;
      const worker = async (channel: Channel) => {
        for (; !over; answered += 1) await request(agent, node.port, ask(channel), channel.members[0]?.token ?? '');
      };
      const workers = solos.slice(0, UNDER_WAY_HTTP).map(worker);
      await pause(WARM_UP_MS);
      const done = await stretch(node, seconds, () => answered);
      over = true;
      await Promise.all(workers);
      figures[`server CPU us per request, ${name}`] = (1e6 * done.cpuSeconds) / done.count;
    }
    agent.destroy();
    return figures;
  });
};

/** Connections that are live in a channel and silent. */
export const idle: Scenario = (target, { seconds, big }) =>
  withTarget(target, async (node) => {
    const before = node.usage();
    const members = await openMembers(big.members.map(({ token }) => memberOf(target, node, big, token)));
    await pause(SETTLE_MS);
    const made = node.usage();
    const silent = await stretch(node, seconds, () => 0);
    for (const { close } of members) close();
    return {
      'server CPU us per connection made': (1e6 * (made.cpuSeconds - before.cpuSeconds)) / members.length,
      'RSS KiB per connection': (node.usage().rssBytes - before.rssBytes) / 1024 / members.length,
      'server CPU % while idle': (100 * silent.cpuSeconds) / silent.seconds,
    };
  });

/** From the start command to the first answer. */
export const coldstart: Scenario = (target) =>
  withTarget(target, async (node) => {
    await pause(300);
    return { 'ms to the first answer': node.startMs, 'RSS MiB': node.usage().rssBytes / 2 ** 20 };
  });

async function withTarget(target: Target, measure: (node: Running) => Promise<Figures>): Promise<Figures> {
  const node = await run(target);
  try {
    return await measure(node);
  } finally {
    await node.stop();
  }
}

/** Resolves when the answer is read. Rejects where it is no success. */
function request(agent: Agent, port: number, ask: { path: string; json?: object }, token: string): Promise<void> {
  const body = ask.json && JSON.stringify(ask.json);
  const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
  const options = { agent, port, host: '127.0.0.1', path: ask.path, method: body ? 'POST' : 'GET', headers };
  return new Promise((resolve, reject) => {
    const sent = httpRequest(options, (answer) => {
      answer.resume().once('end', resolve);
      if ((answer.statusCode ?? 500) >= 300) reject(new Error(`${ask.path} answered ${answer.statusCode}`));
    });
    sent.once('error', reject).end(body);
  });
}

function memberOf({ dialect }: Target, { port }: Running, { id }: Channel, token: string): MemberOptions {
  return { port, dialect, token, channelId: id };
}

async function stretch(node: Running, seconds: number, counter: () => number) {
  const [cpuBefore, countBefore, started] = [node.usage().cpuSeconds, counter(), performance.now()];
  await pause(seconds * 1000);
  return {
    cpuSeconds: node.usage().cpuSeconds - cpuBefore,
    count: counter() - countBefore,
    seconds: (performance.now() - started) / 1000,
  };
}

/** Deliveries of one channel to all of its receivers. A message is complete when every one of them has it. */
class DeliveryLog {
  deliveries = 0;
  /** Deliveries that were not the next number after the receiver's last one. */
  faults = 0;
  onComplete = (): void => {};
  private readonly receivers: number;
  private readonly incomplete = new Map<number, number>();

  constructor(receivers: number) {
    this.receivers = receivers;
  }

  /** What one receiver calls with each of its frames. */
  receiver(): (text: string) => void {
    let last: number | undefined;
    return (text) => {
      const seq = Number(/"seq":(\d+)}]?$/.exec(text.slice(-24))?.[1]);
      if (last !== undefined && seq !== last + 1) this.faults += 1;
      last = seq;
      this.note(seq);
    };
  }

  /** 0 where whatever anybody got came to all, each once and in order. */
  wrong(): number {
    return this.faults + this.incomplete.size;
  }

  private note(seq: number): void {
    this.deliveries += 1;
    const had = (this.incomplete.get(seq) ?? 0) + 1;
    this.incomplete.set(seq, had);
    if (had < this.receivers) return;
    this.incomplete.delete(seq);
    this.onComplete();
  }
}
