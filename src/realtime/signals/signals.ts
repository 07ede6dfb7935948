// Frames without a number: what happens around a log's messages, to its live readers on every node or on this one.
import type { Broker } from '../../backends/broker/broker.ts';
import type { Clock } from '../../backends/clock/clock.ts';
import { channelKey, logName } from '../../chat/log/key.ts';
import type { ServerFrameType } from '../../protocol/server-frames.ts';
import { encodeSignal } from '../cluster/publication.ts';
import { channelTopic } from '../cluster/topics.ts';
import { frameText } from '../connections/frame-text.ts';
import { type Outgoing, outgoing } from '../connections/outgoing.ts';
import type { ChannelFeeds } from '../log/channel-feeds.ts';
import type { CoalescedSignals } from './coalesced.ts';
import { isCrowded } from './crowded.ts';

export interface Signals {
  /** The text of a frame with a new id; `data` is anything that JSON carries. */
  text(type: ServerFrameType, data: unknown): string;
  /** The frame, ready to be sent to any number of connections. */
  frame(type: ServerFrameType, data: unknown): Outgoing;
  /**
   * Who comes and goes: to all live readers of a channel on every node, but not to the connections of that user. Nodes
   * where too many are live leave it out.
   */
  publish(channelId: number, type: ServerFrameType, data: unknown, exceptUserId: number): void;
}

export function createSignals(deps: {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly nodeId: string;
  readonly feeds: ChannelFeeds;
  readonly coalesced: CoalescedSignals;
}): Signals {
  const { broker, clock, nodeId, feeds, coalesced } = deps;
  let count = 0;

  function text(type: ServerFrameType, data: unknown): string {
    count += 1;
    return frameText(`${nodeId}-${count}`, type, JSON.stringify(data), clock.now());
  }

  return {
    text,
    frame: (type, data) => outgoing([text(type, data)]),
    publish(channelId, type, data, exceptUserId) {
      const feed = feeds.get(channelId);
      if (feed && isCrowded(feed.readers)) return;
      const frame = text(type, data);
      if (feed) coalesced.tell(feed, frame, exceptUserId);
      const log = logName(channelKey(channelId));
      broker.publishToOthers(channelTopic(channelId), () => encodeSignal({ origin: nodeId, log, exceptUserId, frame }));
    },
  };
}
