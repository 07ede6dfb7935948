// Many single loads at the same moment share one query: one is in flight, the next gathers.
import { createBatches } from './batches.ts';
import type { Spacing } from './spacing.ts';

export interface BatchLoaderOptions<K, V> {
  /** Loads all these keys at once; what does not exist is absent from the result. */
  readonly load: (keys: K[]) => Promise<Map<K, V>>;
  /** Most keys of one query. */
  readonly maxBatch: number;
  /** Most keys that wait for their query; a load beyond is refused. */
  readonly maxWaiting?: number;
  /** What a load beyond that gets. */
  readonly refusal: () => Error;
  /** Asked before each query: keeps those of a rush apart, so that more keys share one. Without it none waits. */
  readonly spacing?: Spacing | undefined;
}

/** Gives undefined for what does not exist. Nothing is remembered: each call sees the state after it was made. */
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
