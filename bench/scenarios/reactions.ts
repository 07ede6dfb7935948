// A storm of 10,000 reactions to one message of a channel with many readers, beside messages by the same senders.
import { latencyFigures } from '../drive.ts';
import { raw } from '../load/dialect.ts';
import { Latencies } from '../load/latencies.ts';
import { openMember, openMembers } from '../load/member.ts';
import { pace, pause, settle } from '../load/pace.ts';
import { type Channel, createPeople } from '../load/people.ts';
import { type Figures, LOST, type Scenario, TEXT, thousands, WRONG, withNode } from '../scenario.ts';
import type { Running } from '../targets.ts';

const EMOJI = ['👍', '🎉', '❤'];
const REACTING = 3_334;
const REACTIONS = REACTING * EMOJI.length;
const MESSAGES = 1_000;
const STORM_UNDER_WAY = 1_000;
/** As in `fanout`: more would come to the readers as a few large writes. */
const MESSAGES_UNDER_WAY = 32;
const ORDINARY_PER_SECOND = 20;

export const reactions: Scenario = async ({ databaseUrl, options: { receivers }, postgresCpu }) => {
  const [channel] = (await createPeople(databaseUrl, { channels: 1, members: receivers + REACTING })) as [Channel];
  return async (target) => {
    if (!target.stores || target.dialect !== raw) return undefined;
    return withNode(target, async (node) => {
      const room = await openRoom(node, channel, receivers);
      const ids = [await messageOf(node, channel), await messageOf(node, channel)] as const;
      const cpu = () => [node.usage().cpuSeconds, postgresCpu()] as const;
      const asMessage = (number: number) => raw.message(channel.id, TEXT, number);
      const asReaction = (messageId: number) => (number: number) =>
        reaction(messageId, EMOJI[number % EMOJI.length] as string, number);
      await room.storm(MESSAGES, asMessage, MESSAGES_UNDER_WAY); // To warm up.
      const messages = await room.measured(MESSAGES, asMessage, MESSAGES_UNDER_WAY, cpu);
      const storm = await room.measured(REACTIONS, asReaction(ids[0]), STORM_UNDER_WAY, cpu);
      const stop = room.sendOrdinary();
      await room.storm(REACTIONS, asReaction(ids[1]), STORM_UNDER_WAY);
      stop();
      await pause(1_000);
      room.close();
      const per = (part: typeof storm, count: number, index: 0 | 1) => (1e6 * (part.cpu[index] as number)) / count;
      const all = (part: typeof storm, count: number) => per(part, count, 0) + per(part, count, 1);
      return {
        [`events of ${thousands(REACTIONS)} reactions`]: storm.events,
        'server CPU us per reaction': per(storm, REACTIONS, 0),
        'PostgreSQL CPU us per reaction': per(storm, REACTIONS, 1),
        'server CPU us per stored message': per(messages, MESSAGES, 0),
        'PostgreSQL CPU us per stored message': per(messages, MESSAGES, 1),
        'a reaction, in stored messages (CPU of both)': all(storm, REACTIONS) / all(messages, MESSAGES),
        'reactions per second': REACTIONS / storm.seconds,
        'bytes to each reader for each reaction': storm.bytes / REACTIONS / receivers,
        ...latencyFigures(
          room.latencies,
          `of the acknowledgement of a message, ${ORDINARY_PER_SECOND} a second in a storm`,
        ),
        ...room.faults(),
      } satisfies Figures;
    });
  };
};

function reaction(messageId: number, emoji: string, number: number): string {
  return JSON.stringify({ type: 'reaction.add', data: { message_id: messageId, emoji }, id: `m${number}` });
}

async function messageOf({ port }: Running, { id, members }: Channel): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${members[0]?.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ channelId: id, text: TEXT }),
  });
  return ((await response.json()) as { data: { id: number } }).data.id;
}

/** Readers who are live, and senders whose connections have joined nothing. */
async function openRoom({ port }: Running, channel: Channel, receivers: number) {
  const latencies = new Latencies();
  const last = new Map<number, number>();
  let [deliveries, wrong, bytes, acknowledged] = [0, 0, 0, 0];
  let onAck = (): void => {};
  const receiver = (index: number) => (seq: number) => {
    const before = last.get(index) ?? seq - 1;
    if (seq !== before + 1) wrong += 1;
    last.set(index, seq);
    deliveries += 1;
  };
  const options = { port, dialect: raw };
  const readers = await openMembers(
    channel.members.slice(0, receivers).map(({ token }, index) => ({
      ...{ ...options, token, channelIds: [channel.id], onDelivery: receiver(index) },
      onBytes: (count: number) => {
        bytes += count;
      },
    })),
  );
  const senders = await openMembers(
    channel.members.slice(receivers).map(({ token }) => ({ ...options, token, channelIds: [], onAck: () => onAck() })),
  );
  const sentAt: number[] = [];
  const ordinary = await openMember({
    ...{ ...options, token: channel.members[0]?.token ?? '', channelIds: [] },
    onAck: (number) => latencies.note(performance.now() - (sentAt[number] ?? 0)),
  });

  /** Resolves when all are acknowledged, and every reader has the last event. */
  async function storm(count: number, frame: (number: number) => string, underWay: number): Promise<void> {
    let sent = 0;
    acknowledged = 0;
    const send = () => {
      if (sent < count) senders.members[Math.floor(sent / EMOJI.length) % REACTING]?.send(frame(sent++));
    };
    onAck = () => {
      acknowledged += 1;
      send();
    };
    while (sent < underWay) send();
    await settle(() => acknowledged >= count && new Set(last.values()).size === 1);
  }

  return {
    latencies,
    storm,
    async measured(
      count: number,
      frame: (number: number) => string,
      underWay: number,
      cpu: () => readonly [number, number],
    ) {
      const before = [...cpu(), deliveries, bytes, performance.now()] as const;
      await storm(count, frame, underWay);
      const [server, database] = cpu();
      return {
        cpu: [server - before[0], database - before[1]],
        events: (deliveries - before[2]) / receivers,
        bytes: bytes - before[3],
        seconds: (performance.now() - before[4]) / 1_000,
      };
    },
    sendOrdinary: () =>
      pace(ORDINARY_PER_SECOND, () => {
        ordinary.send(raw.message(channel.id, TEXT, sentAt.push(performance.now()) - 1));
      }),
    faults: () => ({ [WRONG]: wrong, [LOST]: readers.lost() + senders.lost() }),
    close() {
      for (const each of [readers, senders, ordinary]) each.close();
    },
  };
}
