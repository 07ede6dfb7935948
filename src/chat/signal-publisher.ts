// How use cases send signals: frames without a number, for those who are connected now. What must not be missed is a change
// of a log (log/define-change.ts). What the caller waits for is an announcement (announce.ts).
import type { ServerFrameData, ServerFrameType } from '../protocol/server-frames.ts';
import type { PairKey } from './log/key.ts';

/** Sends at once and waits for nobody. Slow readers may be left out. None of these throws. */
export interface SignalPublisher {
  /** To the readers of a channel on every node, except the connections of `exceptUserId` (0: nobody is excepted). */
  publish<T extends ServerFrameType>(channelId: number, type: T, data: ServerFrameData<T>, exceptUserId: number): void;
  /** From one user of a pair to all connections of the other, on every node. */
  publishToOther<T extends ServerFrameType>(pair: PairKey, from: number, type: T, data: ServerFrameData<T>): void;
  /**
   * To all connections of one user, on every node. `exceptConnection` is the id of the connection by which the user did
   * what this tells of; it is one of this node.
   */
  publishToUser<T extends ServerFrameType>(
    userId: number,
    type: T,
    data: ServerFrameData<T>,
    exceptConnection?: string,
  ): void;
}

/** Waits for nobody, and never throws. A node that does not hear of it finds it out by itself, some seconds later. */
export type AccountsMoved = (userIds: readonly number[]) => void;
