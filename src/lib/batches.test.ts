import { describe, expect, it } from 'vitest';
import { createBatches } from './batches.ts';

/** Batches whose sending the test ends. */
function setUp({ maxSize = 10, overlapping = false } = {}) {
  const sending: Array<{ batch: string[]; end(): void; fail(error: Error): void }> = [];
  const batches = createBatches({
    open: (): string[] => [],
    isFull: (batch) => batch.length >= maxSize,
    overlapping,
    send: (batch: string[]) =>
      new Promise<number>((resolve, reject) => {
        sending.push({ batch, end: () => resolve(batch.length), fail: reject });
      }),
  });
  const put = (item: string) => {
    const { batch, sent } = batches.current();
    batch.push(item);
    return sent;
  };
  return { batches, sending, put };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('batches', () => {
  it('gather while one is under way, and leave one after the other', async () => {
    const { sending, put } = setUp();
    const first = put('a');
    await turn();
    const second = [put('b'), put('c')];
    await turn();
    expect(sending.map(({ batch }) => batch)).toEqual([['a']]);
    sending[0]?.end();
    expect(await first).toBe(1);
    await turn();
    sending[1]?.end();
    expect(await Promise.all(second)).toEqual([2, 2]);
  });

  it('leave while others are under way, if they may overlap', async () => {
    const { batches, sending, put } = setUp({ overlapping: true });
    const first = put('a');
    await turn();
    const second = put('b');
    await turn();
    expect(sending.map(({ batch }) => batch)).toEqual([['a'], ['b']]);
    sending[1]?.end();
    expect(await second).toBe(1);
    let settled = false;
    void batches.settled().then(() => (settled = true));
    await turn();
    expect(settled).toBe(false);
    sending[0]?.end();
    expect(await first).toBe(1);
    await batches.settled();
  });

  it('take no more than they hold', async () => {
    const { sending, put } = setUp({ maxSize: 2 });
    const all = ['a', 'b', 'c'].map(put);
    for (const at of [0, 1]) {
      await turn();
      sending[at]?.end();
    }
    expect(await Promise.all(all)).toEqual([2, 2, 1]);
  });

  it('fail only for those in them', async () => {
    const { batches, sending, put } = setUp();
    const failed = expect(put('a')).rejects.toThrow('away');
    await turn();
    const fine = put('b');
    sending[0]?.fail(new Error('away'));
    await failed;
    await turn();
    sending[1]?.end();
    expect(await fine).toBe(1);
    await batches.settled();
  });

  it('are known until they were sent', async () => {
    const { batches, sending, put } = setUp();
    const first = put('a');
    await turn();
    void put('b');
    expect([...batches.unsent()]).toEqual([['a'], ['b']]);
    sending[0]?.end();
    await first;
    await turn();
    expect([...batches.unsent()]).toEqual([['b']]);
    sending[1]?.end();
    await batches.settled();
    expect([...batches.unsent()]).toEqual([]);
  });
});
