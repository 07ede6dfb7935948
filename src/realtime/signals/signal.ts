// A signal: frames without a number, which nobody needs an hour later. Not stored, never repeated, left out for slow readers.
import type { DataOf, ServerFrameDefinition } from '../../protocol/frame.ts';
import type { ServerFrameType } from '../../protocol/server-frames.ts';

/** How frames of one kind travel. */
export interface Signal<F extends ServerFrameDefinition = ServerFrameDefinition> {
  /** Readers get all of these in the order in which they came. */
  readonly frames: readonly F[];
  /**
   * The first of a channel is told at once. What comes within this time after it is told together at its end, so that a
   * rush costs each reader a write for each such time. 0 if each is told at once.
   */
  readonly coalesceMs: number;
  /** In a channel with more live users than this nobody is told. */
  readonly notAbove: number;
  /**
   * Makes few of the data of many that wait for the same reader, of a signal with one kind of frame. Without it, all of
   * them are sent.
   */
  gather?(waiting: ReadonlyArray<DataOf<F>>): Array<DataOf<F>>;
}

export function defineSignal<F extends ServerFrameDefinition<ServerFrameType>>(signal: Signal<F>): Signal {
  return signal;
}
