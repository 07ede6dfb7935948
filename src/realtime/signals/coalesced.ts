// Sends one kind of signal to the readers of a channel on this node: the first at once, those right after it together
// a moment later.
import type { Clock } from '../../backends/clock/clock.ts';
import { type Outgoing, outgoing } from '../connections/outgoing.ts';
import type { Feed } from '../log/feed.ts';
import type { Reader } from '../log/reader.ts';
import { isCrowded } from './crowded.ts';
import type { Signal } from './signal.ts';

/** With this many frames, waiting ones are sent early. */
const MAX_GATHERED = 256;

/** A signal on its way to its readers. */
export interface SignalFrame {
  /** JSON text of the frame. */
  readonly text: string;
  /** The data in it: needed if the signal gathers. */
  readonly data?: unknown;
  /** The connections of this user do not get it; 0 for nobody. */
  readonly exceptUserId: number;
}

interface WaitingFrame extends SignalFrame {
  /** How many readers had ever come by then. Later ones do not get it. */
  readonly arrivals: number;
}

export interface CoalescedSignal {
  /** Sends the frame to all readers of the feed that keep up, except the connections of the excepted user. */
  send(feed: Feed, frame: SignalFrame): void;
}

export function createCoalesced(deps: {
  readonly clock: Pick<Clock, 'after'>;
  readonly signal: Signal;
  /** The text of a new frame of the signal. */
  readonly textOf: (data: unknown) => string;
}): CoalescedSignal {
  const { clock, signal, textOf } = deps;
  /** The waiting frames of feeds whose readers just got some. */
  const waiting = new Map<Feed, WaitingFrame[]>();

  function holdBack(feed: Feed): void {
    if (signal.coalesceMs === 0) return;
    waiting.set(feed, []);
    clock.after(signal.coalesceMs, () => sendWaiting(feed));
  }

  function sendWaiting(feed: Feed): void {
    const frames = waiting.get(feed) ?? [];
    waiting.delete(feed);
    if (handOut(feed, frames)) holdBack(feed);
  }

  /** One push for each reader, and one encoding for all who get the same. Returns whether anybody got something. */
  function handOut(feed: Feed, frames: readonly WaitingFrame[]): boolean {
    if (frames.length === 0 || isCrowded(feed.readers, signal.notAbove)) return false;
    let isSent = false;
    const excepted = new Set(frames.map((frame) => frame.exceptUserId));
    /** By the index of the first frame in it. */
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
      isSent = true;
    }
    return isSent;
  }

  function together(frames: readonly WaitingFrame[]): Outgoing {
    if (!signal.gather || frames.length === 1) return outgoing(frames.map((frame) => frame.text));
    return outgoing(signal.gather(frames.map((frame) => frame.data)).map(textOf));
  }

  return {
    send(feed, frame) {
      if (isCrowded(feed.readers, signal.notAbove)) return;
      const { text, exceptUserId, data } = frame;
      const mine = { text, exceptUserId, data: signal.gather && data, arrivals: feed.arrivals };
      const others = waiting.get(feed);
      if (!others) {
        if (handOut(feed, [mine])) holdBack(feed);
      } else if (others.push(mine) >= MAX_GATHERED) {
        handOut(feed, others.splice(0));
      }
    },
  };
}

/** The index of the first frame that the reader was there for. */
function firstFor(reader: Reader, frames: readonly WaitingFrame[]): number {
  let index = 0;
  while (index < frames.length && (frames[index] as WaitingFrame).arrivals < reader.arrival) index += 1;
  return index;
}
