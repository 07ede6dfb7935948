// Keeps this node's sets in Redis equal to what it reported: finds those that differ, and writes them anew.
import type { Cluster, Redis } from 'ioredis';
import { createScript } from '../redis/script.ts';
import { PROLONG, REPLACE } from './redis-scripts.ts';
import type { Reported } from './reported.ts';

/** A node's connected users, those of them with a status, the channels it has users in, or the users of one of these. */
export type SetName = (typeof NODE_SETS)[number] | number;
export const NODE_SETS = ['users', 'away', 'offline', 'channels'] as const;

/** Sets that no node prolongs expire after this time. These are left over from nodes that died. */
export const LIFETIME_MS = 30 * 60_000;

/** Commands under way at once, and members in one of them. */
export const CHUNK = 1_000;

/** At least this many sets are checked in one heartbeat: few enough to be cheap. */
const CHECKED_MIN = 500;
/** Sets looked at by one script: few enough not to hold Redis up. */
const CHECKED_AT_ONCE = 200;
/** And this share of them, to check each well within its lifetime. */
const CHECKED_SHARE = 1 / 100;

export function createRepair(deps: {
  readonly client: Redis | Cluster;
  readonly reported: Reported;
  readonly keyOf: (name: SetName) => string;
  /** Whether keys of all sets may go into one script. Not in a cluster, where each channel has its slot. */
  readonly together: boolean;
  /** Whether a change must still be told to Redis, or is being told: the set may then differ for good reason. */
  readonly isChanging: (name: SetName) => boolean;
}) {
  const { client, reported, keyOf, together, isChanging } = deps;
  const prolong = createScript(client, 'presenceProlong', PROLONG);
  const replace = createScript(client, 'presenceReplace', REPLACE);
  const doubtful = new Set<SetName>();
  let round = reported.channels.keys();

  function setOf(name: SetName): Pick<ReadonlySet<number>, 'keys' | 'size'> {
    return typeof name === 'number' ? reported.members(name) : reported[name];
  }

  function nextToCheck(): SetName[] {
    const names: SetName[] = [...NODE_SETS];
    const count = Math.max(CHECKED_MIN, reported.channels.size * CHECKED_SHARE);
    while (names.length < count) {
      const { value, done } = round.next();
      if (done) {
        round = reported.channels.keys();
        break;
      }
      names.push(value);
    }
    return names;
  }

  async function check(names: readonly SetName[]): Promise<void> {
    const checked = names.filter((name) => !isChanging(name));
    if (checked.length === 0) return;
    const before = checked.map((name) => setOf(name).size);
    const sizes = (await prolong(
      checked.map((name) => keyOf(name)),
      [LIFETIME_MS],
    )) as number[];
    for (const [index, name] of checked.entries()) if (sizes[index] !== before[index]) doubtful.add(name);
  }

  /** The groups of sets that go into one script each. */
  function groups(names: readonly SetName[]): SetName[][] {
    return chunks(names, together ? CHECKED_AT_ONCE : 1);
  }

  /** Sends everything in this turn, so that later changes are written after it. */
  async function write(name: SetName): Promise<void> {
    doubtful.delete(name);
    const key = keyOf(name);
    const ids = [...setOf(name).keys()];
    const [first = [], ...others] = chunks(ids, CHUNK);
    try {
      await Promise.all([replace([key], [LIFETIME_MS, ...first]), ...others.map((some) => client.sadd(key, ...some))]);
    } catch (error) {
      doubtful.add(name);
      throw error;
    }
  }

  return {
    /** Redis may not have what was reported, because the write failed or all is lost. */
    doubt(name: SetName): void {
      doubtful.add(name);
    },
    doubtAll(): void {
      for (const name of NODE_SETS) doubtful.add(name);
      for (const channelId of reported.channels.keys()) doubtful.add(channelId);
    },
    /** Checks the next few sets, then writes anew those in doubt. Rejects if Redis is away, and the doubt stays. */
    async repair(): Promise<void> {
      await inChunks(groups(nextToCheck()), check);
      await inChunks([...doubtful], write);
    },
  };
}

/**
 * Does `work` for each item, a chunk of them at once. If some fail, rejects with the first failure when the chunk is
 * done.
 */
export async function inChunks<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const chunk of chunks(items, CHUNK)) {
    const settled = await Promise.allSettled(chunk.map(work));
    for (const outcome of settled) {
      if (outcome.status === 'rejected') throw outcome.reason;
      results.push(outcome.value);
    }
  }
  return results;
}

export function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const parts: Item[][] = [];
  for (let at = 0; at < items.length; at += size) parts.push(items.slice(at, at + size));
  return parts;
}
