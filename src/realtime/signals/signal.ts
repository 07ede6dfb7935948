// A signal: frames without a number, which nobody needs later. Not stored, not repeated, not sent to slow readers.
import type { DataOf, ServerFrameDefinition } from '../../protocol/frame.ts';
import type { ServerFrameType } from '../../protocol/server-frames.ts';

/** How frames of one kind travel. */
export interface Signal<F extends ServerFrameDefinition = ServerFrameDefinition> {
  /** The frames of the signal. Readers get them in the order in which they came. */
  readonly frames: readonly F[];
  /**
   * The first frame of a channel is sent at once. Frames within this time after it are sent together at its end, so
   * that a rush costs each reader one write in this time. 0 if each is sent at once.
   */
  readonly coalesceMs: number;
  /** In a channel with more live users than this, nothing is sent. */
  readonly notAbove: number;
  /**
   * Merges the data of frames that wait for the same reader into fewer. Only for a signal with one kind of frame.
   * Without it, all frames are sent.
   */
  gather?(waiting: ReadonlyArray<DataOf<F>>): Array<DataOf<F>>;
}

export function defineSignal<F extends ServerFrameDefinition<ServerFrameType>>(signal: Signal<F>): Signal {
  return signal;
}
