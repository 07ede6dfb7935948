// Frames without a number: what happens around a log's messages, to its live readers on every node or on this one.
import type { Broker } from '../backends/broker/broker.ts';
import type { Clock } from '../backends/clock/clock.ts';
import { channelKey, logName } from '../chat/log/key.ts';
import type { ServerFrameType } from '../protocol/frames.ts';
import type { ChannelFeeds } from './channel-feeds.ts';
import type { Comings } from './comings.ts';
import { isCrowded } from './crowded.ts';
import { frameText } from './frame-text.ts';
import { type Outgoing, outgoing } from './outgoing.ts';
import { encodeNotice } from './publication.ts';
import { channelTopic } from './topics.ts';

export interface Notices {
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

export function createNotices(deps: {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly nodeId: string;
  readonly feeds: ChannelFeeds;
  readonly comings: Comings;
}): Notices {
  const { broker, clock, nodeId, feeds, comings } = deps;
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
      if (feed) comings.tell(feed, frame, exceptUserId);
      const log = logName(channelKey(channelId));
      broker.publishToOthers(channelTopic(channelId), () => encodeNotice({ origin: nodeId, log, exceptUserId, frame }));
    },
  };
}
