// Tells the readers of a channel on this node of one kind of signal: the first at once, those right after it together a
// moment later.
import type { Clock } from '../../backends/clock/clock.ts';
import { type Outgoing, outgoing } from '../connections/outgoing.ts';
import type { Feed } from '../log/feed.ts';
import type { Reader } from '../log/reader.ts';
import { isCrowded } from './crowded.ts';
import type { Signal } from './signal.ts';

/** What is gathered is told early if there is so much of it. */
const MAX_GATHERED = 256;

/** A signal on its way to its readers. */
export interface SignalFrame {
  /** JSON text of the frame. */
  readonly text: string;
  /** The data in it: needed if the signal gathers. */
  readonly data?: unknown;
  /** The connections of this user are not told; 0 for nobody. */
  readonly exceptUserId: number;
}

interface Waiting extends SignalFrame {
  /** How many readers had come by then: later ones are not told of it. */
  readonly arrivals: number;
}

export interface CoalescedSignal {
  /** Tells all readers of the feed that keep up, but for those that the signal leaves out. */
  tell(feed: Feed, frame: SignalFrame): void;
}

export function createCoalesced(deps: {
  readonly clock: Pick<Clock, 'after'>;
  readonly signal: Signal;
  /** The text of a new frame of the signal. */
  readonly textOf: (data: unknown) => string;
}): CoalescedSignal {
  const { clock, signal, textOf } = deps;
  /** What waits, for feeds whose readers are being left alone. */
  const waiting = new Map<Feed, Waiting[]>();

  function leaveAlone(feed: Feed): void {
    if (signal.coalesceMs === 0) return;
    waiting.set(feed, []);
    clock.after(signal.coalesceMs, () => tellWaiting(feed));
  }

  function tellWaiting(feed: Feed): void {
    const frames = waiting.get(feed) ?? [];
    waiting.delete(feed);
    if (handOut(feed, frames)) leaveAlone(feed);
  }

  /** One push for each reader, and one encoding for all who get the same. Gives whether anybody was told. */
  function handOut(feed: Feed, frames: readonly Waiting[]): boolean {
    if (frames.length === 0 || isCrowded(feed.readers, signal.notAbove)) return false;
    let told = false;
    const excepted = new Set(frames.map((frame) => frame.exceptUserId));
    /** By the first frame that is in it. */
    const shared: Outgoing[] = [];
    for (const reader of feed.readers) {
      const { outbox, user } = reader.owner;
      const first = firstFor(reader, frames);
      if (outbox.lagging || first === frames.length) continue;
      if (excepted.has(user.id)) {
        const others = frames.slice(first).filter((frame) => frame.exceptUserId !== user.id);
        if (others.length === 0) continue;
        outbox.push(together(others));
      } else {
        shared[first] ??= together(frames.slice(first));
        outbox.push(shared[first]);
      }
      told = true;
    }
    return told;
  }

  function together(frames: readonly Waiting[]): Outgoing {
    if (!signal.gather || frames.length === 1) return outgoing(frames.map((frame) => frame.text));
    return outgoing(signal.gather(frames.map((frame) => frame.data)).map(textOf));
  }

  return {
    tell(feed, frame) {
      if (isCrowded(feed.readers, signal.notAbove)) return;
      const { text, exceptUserId, data } = frame;
      const mine = { text, exceptUserId, data: signal.gather && data, arrivals: feed.arrivals };
      const others = waiting.get(feed);
      if (!others) {
        if (handOut(feed, [mine])) leaveAlone(feed);
      } else if (others.push(mine) >= MAX_GATHERED) {
        handOut(feed, others.splice(0));
      }
    },
  };
}

/** Index of the first that the reader was there for. */
function firstFor(reader: Reader, frames: readonly Waiting[]): number {
  let index = 0;
  while (index < frames.length && (frames[index] as Waiting).arrivals < reader.arrival) index += 1;
  return index;
}
