// Who comes and goes in a channel, told to its readers on this node: the first at once, those right after it together a
// moment later. A rush of joins costs each reader a write for each moment, not for each join.
import type { Clock } from '../backends/clock/clock.ts';
import { isCrowded } from './crowded.ts';
import type { Feed } from './feed.ts';
import { type Outgoing, outgoing } from './outgoing.ts';
import type { Reader } from './reader.ts';

/** How long readers of a channel are left alone after they were told something. */
const MOMENT_MS = 500;
/** What is gathered is told early when there is so much of it. */
const MAX_GATHERED = 256;

interface Coming {
  /** JSON text of the frame. */
  readonly frame: string;
  readonly exceptUserId: number;
  /** How many readers had come by then: later ones are not told of it. */
  readonly arrivals: number;
}

export interface Comings {
  /**
   * Tells the live readers of a channel that keep up, but not the connections of that user. Nobody is told where too many
   * are live.
   */
  tell(feed: Feed, frame: string, exceptUserId: number): void;
}

export function createComings({ clock }: { readonly clock: Clock }): Comings {
  /** What waits, for channels whose readers are being left alone. */
  const waiting = new Map<Feed, Coming[]>();

  function leaveAlone(feed: Feed): void {
    waiting.set(feed, []);
    clock.after(MOMENT_MS, () => tellWaiting(feed));
  }

  function tellWaiting(feed: Feed): void {
    const comings = waiting.get(feed) ?? [];
    waiting.delete(feed);
    if (handOut(feed, comings)) leaveAlone(feed);
  }

  return {
    tell(feed, frame, exceptUserId) {
      if (isCrowded(feed.readers)) return;
      const coming = { frame, exceptUserId, arrivals: feed.arrivals };
      const others = waiting.get(feed);
      if (!others) {
        if (handOut(feed, [coming])) leaveAlone(feed);
      } else if (others.push(coming) >= MAX_GATHERED) {
        handOut(feed, others.splice(0));
      }
    },
  };
}

/** One push for each reader, and one encoding for all who get the same. Gives whether anybody was told. */
function handOut(feed: Feed, comings: readonly Coming[]): boolean {
  if (comings.length === 0 || isCrowded(feed.readers)) return false;
  let told = false;
  const excepted = new Set(comings.map((coming) => coming.exceptUserId));
  /** By the first coming that is in it. */
  const shared: Outgoing[] = [];
  for (const reader of feed.readers) {
    const { outbox, user } = reader.owner;
    const first = firstFor(reader, comings);
    if (outbox.lagging || first === comings.length) continue;
    if (excepted.has(user.id)) {
      const others = comings.slice(first).filter((coming) => coming.exceptUserId !== user.id);
      if (others.length === 0) continue;
      outbox.push(framesOf(others));
    } else {
      shared[first] ??= framesOf(comings.slice(first));
      outbox.push(shared[first]);
    }
    told = true;
  }
  return told;
}

/** Index of the first that the reader was there for. */
function firstFor(reader: Reader, comings: readonly Coming[]): number {
  let index = 0;
  while (index < comings.length && (comings[index] as Coming).arrivals < reader.arrival) index += 1;
  return index;
}

function framesOf(comings: readonly Coming[]): Outgoing {
  return outgoing(comings.map((coming) => coming.frame));
}
