import { describe, expect, it } from 'vitest';
import { createBatchLoader } from './batch-loader.ts';

/** A load that records its keys and ends when told; keys below zero do not exist. */
function heldLoad() {
  const batches: Array<{ keys: number[]; end: () => void; fail: (error: Error) => void }> = [];
  const load = (keys: number[]) =>
    new Promise<Map<number, string>>((resolve, fail) => {
      const found = keys.filter((key) => key >= 0).map((key) => [key, `value ${key}`] as const);
      batches.push({ keys, end: () => resolve(new Map(found)), fail });
    });
  return { batches, load };
}

const refusal = () => new Error('too many');
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('createLoader', () => {
  it('shares one query between the loads of one moment, each key once', async () => {
    const { batches, load } = heldLoad();
    const get = createBatchLoader({ load, refusal, maxBatch: 10 });
    const all = Promise.all([get(1), get(2), get(1), get(-1)]);
    await turn();
    batches[0]?.end();
    expect(await all).toEqual(['value 1', 'value 2', 'value 1', undefined]);
    expect(batches.map((batch) => batch.keys)).toEqual([[1, 2, -1]]);
  });

  it('gathers the next batch while one is in flight, and never answers from one that began before', async () => {
    const { batches, load } = heldLoad();
    const get = createBatchLoader({ load, refusal, maxBatch: 10 });
    const first = get(1);
    await turn();
    const later = Promise.all([get(1), get(2)]);
    await turn();
    expect(batches).toHaveLength(1);
    batches[0]?.end();
    expect(await first).toBe('value 1');
    await turn();
    expect(batches[1]?.keys).toEqual([1, 2]);
    batches[1]?.end();
    expect(await later).toEqual(['value 1', 'value 2']);
  });

  it('remembers nothing', async () => {
    let calls = 0;
    const get = createBatchLoader<number, number>({ load: async () => new Map([[1, ++calls]]), maxBatch: 10, refusal });
    expect([await get(1), await get(1)]).toEqual([1, 2]);
  });

  it('splits what is more than one batch', async () => {
    const sizes: number[] = [];
    const load = async (keys: number[]) => {
      sizes.push(keys.length);
      return new Map(keys.map((key) => [key, key]));
    };
    const get = createBatchLoader({ load, refusal, maxBatch: 3 });
    const keys = [1, 2, 3, 4, 5, 6, 7];
    expect(await Promise.all(keys.map(get))).toEqual(keys);
    expect(sizes).toEqual([3, 3, 1]);
  });

  it('fails only those in the failed batch', async () => {
    const { batches, load } = heldLoad();
    const get = createBatchLoader({ load, refusal, maxBatch: 1 });
    const failed = expect(get(1)).rejects.toThrow('away');
    const fine = get(2);
    await turn();
    batches[0]?.fail(new Error('away'));
    await failed;
    await turn();
    batches[1]?.end();
    expect(await fine).toBe('value 2');
  });

  it('refuses what exceeds the bound, and recovers', async () => {
    const { batches, load } = heldLoad();
    const get = createBatchLoader({ load, refusal, maxBatch: 10, maxWaiting: 2 });
    const first = get(1);
    await turn();
    const waiting = Promise.all([get(2), get(3), get(3)]);
    await expect(get(4)).rejects.toThrow('too many');
    batches[0]?.end();
    await first;
    await turn();
    batches[1]?.end();
    expect(await waiting).toEqual(['value 2', 'value 3', 'value 3']);
    const next = get(4);
    await turn();
    batches[2]?.end();
    expect(await next).toBe('value 4');
  });
});
