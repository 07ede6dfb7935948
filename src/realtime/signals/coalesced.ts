// Who comes and goes in a channel, told to its readers on this node: the first at once, those right after it together a
// moment later. A rush of joins costs each reader a write for each moment, not for each join.
import type { Clock } from '../../backends/clock/clock.ts';
import { type Outgoing, outgoing } from '../connections/outgoing.ts';
import type { Feed } from '../log/feed.ts';
import type { Reader } from '../log/reader.ts';
import { isCrowded } from './crowded.ts';

/** How long readers of a channel are left alone after they were told something. */
const MOMENT_MS = 500;
/** What is gathered is told early when there is so much of it. */
const MAX_GATHERED = 256;

interface GatheredSignal {
  /** JSON text of the frame. */
  readonly frame: string;
  readonly exceptUserId: number;
  /** How many readers had come by then: later ones are not told of it. */
  readonly arrivals: number;
}

export interface CoalescedSignals {
  /**
   * Tells the live readers of a channel that keep up, but not the connections of that user. Nobody is told where too many
   * are live.
   */
  tell(feed: Feed, frame: string, exceptUserId: number): void;
}

export function createCoalescedSignals({ clock }: { readonly clock: Clock }): CoalescedSignals {
  /** What waits, for channels whose readers are being left alone. */
  const waiting = new Map<Feed, GatheredSignal[]>();

  function leaveAlone(feed: Feed): void {
    waiting.set(feed, []);
    clock.after(MOMENT_MS, () => tellWaiting(feed));
  }

  function tellWaiting(feed: Feed): void {
    const signals = waiting.get(feed) ?? [];
    waiting.delete(feed);
    if (handOut(feed, signals)) leaveAlone(feed);
  }

  return {
    tell(feed, frame, exceptUserId) {
      if (isCrowded(feed.readers)) return;
      const signal = { frame, exceptUserId, arrivals: feed.arrivals };
      const others = waiting.get(feed);
      if (!others) {
        if (handOut(feed, [signal])) leaveAlone(feed);
      } else if (others.push(signal) >= MAX_GATHERED) {
        handOut(feed, others.splice(0));
      }
    },
  };
}

/** One push for each reader, and one encoding for all who get the same. Gives whether anybody was told. */
function handOut(feed: Feed, signals: readonly GatheredSignal[]): boolean {
  if (signals.length === 0 || isCrowded(feed.readers)) return false;
  let told = false;
  const excepted = new Set(signals.map((signal) => signal.exceptUserId));
  /** By the first signal that is in it. */
  const shared: Outgoing[] = [];
  for (const reader of feed.readers) {
    const { outbox, user } = reader.owner;
    const first = firstFor(reader, signals);
    if (outbox.lagging || first === signals.length) continue;
    if (excepted.has(user.id)) {
      const others = signals.slice(first).filter((signal) => signal.exceptUserId !== user.id);
      if (others.length === 0) continue;
      outbox.push(framesOf(others));
    } else {
      shared[first] ??= framesOf(signals.slice(first));
      outbox.push(shared[first]);
    }
    told = true;
  }
  return told;
}

/** Index of the first that the reader was there for. */
function firstFor(reader: Reader, signals: readonly GatheredSignal[]): number {
  let index = 0;
  while (index < signals.length && (signals[index] as GatheredSignal).arrivals < reader.arrival) index += 1;
  return index;
}

function framesOf(signals: readonly GatheredSignal[]): Outgoing {
  return outgoing(signals.map((signal) => signal.frame));
}
