// Many single loads at the same moment share one query: one is in flight, the next gathers.
import { createBatches } from './batches.ts';
import type { Spacing } from './spacing.ts';

export interface BatchLoaderOptions<K, V> {
  /** Loads all these keys at once. A key that does not exist is absent from the result. */
  readonly load: (keys: K[]) => Promise<Map<K, V>>;
  /** The largest number of keys in one query. */
  readonly maxBatch: number;
  /** The largest number of keys that wait for their query. Loads beyond it are refused. */
  readonly maxWaiting?: number;
  /** The error of a refused load. */
  readonly refusal: () => Error;
  /**
   * Awaited before each query: in a rush it spaces queries out, so that more keys share one. Without it no query waits.
   */
  readonly spacing?: Spacing | undefined;
}

/** Returns undefined for a key that does not exist. Caches nothing: each call sees the state after it was made. */
export type BatchLoader<K, V> = (key: K) => Promise<V | undefined>;

export function createBatchLoader<K, V>(options: BatchLoaderOptions<K, V>): BatchLoader<K, V> {
  const { load, maxBatch, maxWaiting = 10_000, refusal, spacing } = options;
  let waiting = 0;
  const batches = createBatches({
    open: () => new Set<K>(),
    isFull: (keys) => keys.size >= maxBatch,
    mayLeave: spacing,
    send(keys: Set<K>) {
      waiting -= keys.size;
      return load([...keys]);
    },
  });

  return async (key) => {
    const gathering = batches.gathering();
    if (gathering?.batch.has(key)) return (await gathering.sent).get(key);
    if (waiting >= maxWaiting) throw refusal();
    const { batch, sent } = batches.current();
    batch.add(key);
    waiting += 1;
    return (await sent).get(key);
  };
}
