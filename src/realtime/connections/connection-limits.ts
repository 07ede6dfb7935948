// Limits the connections of a user on all nodes, and those of an address on this node that have not signed in.
import { ChatError } from '../../protocol/errors.ts';

/**
 * A node asks the others only if a user has more than this part of the limit here: most connections need no question.
 * On up to as many nodes no user can exceed the limit that way.
 */
const PART_WITHOUT_ASKING = 16;
const RETRY_AFTER_MS = 10_000;

/** A place that one connection takes of a limit. */
export interface Place {
  /** Gives the place back. Further calls do nothing. */
  release(): void;
}

export interface ConnectionLimits {
  /** Takes a place of the user. Rejects with RATE_LIMITED if all are taken, on this node and others. */
  takeUser(userId: number): Promise<Place>;
  /** Counts a connection that has not signed in. */
  takeAddress(address: string): Place;
  /** Whether the address may have another such connection. */
  hasRoom(address: string): boolean;
  /** Throws RATE_LIMITED if there is no room. */
  assertAddress(address: string): void;
  /** How many places the user has on this node. */
  ofUser(userId: number): number;
}

export interface ConnectionLimitsOptions {
  /** 0 turns a limit off. */
  readonly perUser: number;
  readonly perAddress: number;
  /** How many places the user has on all nodes, this one included, as far as they answer. Never rejects. */
  readonly countEverywhere: (userId: number) => Promise<number>;
}

export function createConnectionLimits(options: ConnectionLimitsOptions): ConnectionLimits {
  const { perUser, perAddress, countEverywhere } = options;
  const users = new Counts<number>();
  const addresses = new Counts<string>();

  function hasRoom(address: string): boolean {
    return perAddress === 0 || addresses.of(address) < perAddress;
  }

  async function isFull(userId: number): Promise<boolean> {
    const own = users.of(userId);
    if (perUser === 0 || own * PART_WITHOUT_ASKING <= perUser) return false;
    return own > perUser || (await countEverywhere(userId)) > perUser;
  }

  return {
    async takeUser(userId) {
      const place = users.take(userId);
      if (!(await isFull(userId))) return place;
      place.release();
      throw tooMany('This user has as many connections as one may have: close one first');
    },
    takeAddress: (address) => addresses.take(address),
    hasRoom,
    assertAddress(address) {
      if (hasRoom(address)) return;
      throw tooMany('Too many connections of this address have not signed in: sign in, or close some');
    },
    ofUser: (userId) => users.of(userId),
  };
}

function tooMany(message: string): ChatError {
  return new ChatError('RATE_LIMITED', message, { retryAfterMs: RETRY_AFTER_MS });
}

class Counts<K> {
  private readonly counts = new Map<K, number>();

  of(key: K): number {
    return this.counts.get(key) ?? 0;
  }

  take(key: K): Place {
    this.counts.set(key, this.of(key) + 1);
    return new CountedPlace(this, key);
  }

  give(key: K): void {
    const left = this.of(key) - 1;
    if (left > 0) this.counts.set(key, left);
    else this.counts.delete(key);
  }
}

/** A class rather than a closure, because that takes less memory and every connection has one. */
class CountedPlace<K> implements Place {
  private counts: Counts<K> | undefined;
  private readonly key: K;

  constructor(counts: Counts<K>, key: K) {
    this.counts = counts;
    this.key = key;
  }

  release(): void {
    this.counts?.give(this.key);
    this.counts = undefined;
  }
}
