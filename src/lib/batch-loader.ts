// Many single loads at the same moment share one query: one is in flight, the next gathers.

import { ChatError } from '../protocol/errors.ts';
import type { Spacing } from './spacing.ts';

export interface LoaderOptions<K, V> {
  /** Loads all these keys at once; what does not exist is absent from the result. */
  readonly load: (keys: K[]) => Promise<Map<K, V>>;
  /** Most keys of one query. */
  readonly maxBatch: number;
  /** Most keys that wait for their query; a load beyond is refused with UNAVAILABLE. */
  readonly maxWaiting?: number;
  /** Asked before each query: keeps those of a rush apart, so that more keys share one. Without it none waits. */
  readonly spacing?: Spacing | undefined;
}

/** Gives undefined for what does not exist. Nothing is remembered: each call sees the state after it was made. */
export type BatchLoader<K, V> = (key: K) => Promise<V | undefined>;

interface Batch<K, V> {
  readonly keys: Set<K>;
  readonly values: Promise<Map<K, V>>;
}

export function createBatchLoader<K, V>({
  load,
  maxBatch,
  maxWaiting = 10_000,
  spacing,
}: LoaderOptions<K, V>): BatchLoader<K, V> {
  let gathering: Batch<K, V> | undefined;
  let previous: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  function open(): Batch<K, V> {
    const keys = new Set<K>();
    const values = previous.then(spacing).then(() => {
      if (gathering?.keys === keys) gathering = undefined;
      waiting -= keys.size;
      return load([...keys]);
    });
    // The next batch starts after this one, however it ends; those who wait for this one hear of its failure.
    previous = values.catch(() => undefined);
    return { keys, values };
  }

  function join(key: K): Batch<K, V> {
    if (gathering?.keys.has(key)) return gathering;
    if (waiting >= maxWaiting) throw new ChatError('UNAVAILABLE');
    if (gathering === undefined || gathering.keys.size >= maxBatch) gathering = open();
    gathering.keys.add(key);
    waiting += 1;
    return gathering;
  }

  return async (key) => (await join(key).values).get(key);
}
