// The list of all signals, and how one reaches its readers on every node or on this one.
import type { Broker } from '../../backends/broker/broker.ts';
import type { Clock } from '../../backends/clock/clock.ts';
import { channelKey, logName, otherOf, type PairKey, pairNamed } from '../../chat/log/key.ts';
import type { SignalPublisher } from '../../chat/signal-publisher.ts';
import { decode } from '../../protocol/decode.ts';
import type { ServerFrameData, ServerFrameType } from '../../protocol/server-frames.ts';
import { encodeSignal, type PublishedSignal } from '../cluster/publication.ts';
import { channelTopic, userNamed, userTopic } from '../cluster/topics.ts';
import { frameText } from '../connections/frame-text.ts';
import { type Outgoing, outgoing } from '../connections/outgoing.ts';
import type { ChannelFeeds } from '../log/channel-feeds.ts';
import type { DirectFeeds } from '../log/direct-feeds.ts';
import type { Feed } from '../log/feed.ts';
import { typingSignal } from '../typing/signal.ts';
import { channelNotices } from './channel-notices.ts';
import { type CoalescedSignal, createCoalesced, type SignalFrame } from './coalesced.ts';
import { isCrowded } from './crowded.ts';
import { joins } from './joins.ts';
import type { Signal } from './signal.ts';

/** Each defines how its frames are sent. */
export const SIGNALS: readonly Signal[] = [joins, channelNotices, typingSignal];

/** A signal of another node that this version does not know: passed on unchanged, but not to a crowd. */
const UNKNOWN: Signal = { ...joins, frames: [] };
const NOBODY = 0;

export interface Signals extends SignalPublisher {
  /** A server frame with a new id, ready to be sent to any number of connections. */
  frame<T extends ServerFrameType>(type: T, data: ServerFrameData<T>): Outgoing;
  /** Sends to the readers of a channel on this node. Returns how many there are. */
  send<T extends ServerFrameType>(channelId: number, type: T, data: ServerFrameData<T>): number;
  /** Takes what another node published for the readers of a channel. */
  receive(feed: Feed, published: PublishedSignal): void;
  /** Takes what another node published for the other user of a pair, or for one user. */
  receiveForUser(published: PublishedSignal): void;
}

export function createSignals(deps: {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly nodeId: string;
  readonly feeds: ChannelFeeds;
  readonly directFeeds: Pick<DirectFeeds, 'owners'>;
}): Signals {
  const { broker, clock, nodeId, feeds, directFeeds } = deps;
  const coalesced = new Map([...SIGNALS, UNKNOWN].map((signal) => [signal, coalesce(signal)]));
  let count = 0;

  function text(type: string, data: unknown): string {
    count += 1;
    return frameText(`${nodeId}-${count}`, type as ServerFrameType, JSON.stringify(data), clock.now());
  }

  function coalesce(signal: Signal): CoalescedSignal {
    return createCoalesced({ clock, signal, textOf: (data) => text(signal.frames[0]?.type ?? '', data) });
  }

  function hand(feed: Feed, signal: Signal, frame: SignalFrame): void {
    coalesced.get(signal)?.send(feed, frame);
  }

  function handToOther(pair: PairKey, from: number, frame: Outgoing): void {
    // Nothing is sent to oneself.
    if (pair.userLow === pair.userHigh) return;
    handToUser(otherOf(pair, from), frame);
  }

  function handToUser(userId: number, frame: Outgoing, exceptConnection?: string): void {
    for (const { id, outbox } of directFeeds.owners(userId)) {
      if (!outbox.lagging && id !== exceptConnection) outbox.push(frame);
    }
  }

  return {
    frame: (type, data) => outgoing([text(type, data)]),
    send(channelId, type, data) {
      const feed = feeds.get(channelId);
      if (!feed) return 0;
      hand(feed, signalOf(type), { text: text(type, data), data, exceptUserId: NOBODY });
      return feed.readers.size;
    },
    publish(channelId, type, data, exceptUserId) {
      const feed = feeds.get(channelId);
      const signal = signalOf(type);
      if (feed && isCrowded(feed.readers, signal.notAbove)) return;
      const frame = text(type, data);
      if (feed) hand(feed, signal, { text: frame, data, exceptUserId });
      const log = logName(channelKey(channelId));
      broker.publishToOthers(channelTopic(channelId), () => encodeSignal({ origin: nodeId, log, exceptUserId, frame }));
    },
    publishToOther(pair, from, type, data) {
      const frame = text(type, data);
      handToOther(pair, from, outgoing([frame]));
      const published = { origin: nodeId, log: logName(pair), exceptUserId: from, frame };
      broker.publishToOthers(userTopic(otherOf(pair, from)), () => encodeSignal(published));
    },
    publishToUser(userId, type, data, exceptConnection) {
      const frame = text(type, data);
      handToUser(userId, outgoing([frame]), exceptConnection);
      const topic = userTopic(userId);
      broker.publishToOthers(topic, () => encodeSignal({ origin: nodeId, log: topic, exceptUserId: NOBODY, frame }));
    },
    receive(feed, { frame, exceptUserId }) {
      const { type, data } = JSON.parse(frame) as { type: string; data: unknown };
      const signal = signalOf(type);
      const [definition] = signal.frames;
      if (!signal.gather || !definition) return hand(feed, signal, { text: frame, exceptUserId });
      const decoded = decode(definition.data, data);
      if (decoded.ok) hand(feed, signal, { text: frame, data: decoded.data, exceptUserId });
    },
    receiveForUser({ log, frame, exceptUserId: from }) {
      const pair = pairNamed(log);
      if (pair && (from === pair.userLow || from === pair.userHigh)) handToOther(pair, from, outgoing([frame]));
      const userId = userNamed(log);
      if (userId !== undefined) handToUser(userId, outgoing([frame]));
    },
  };
}

function signalOf(type: string): Signal {
  return SIGNALS.find(({ frames }) => frames.some((frame) => frame.type === type)) ?? UNKNOWN;
}
