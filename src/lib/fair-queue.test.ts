import { afterEach, describe, expect, it, vi } from 'vitest';
import { createFairQueue } from './fair-queue.ts';

const refused = new Error('refused');

function setUp(more: Partial<Parameters<typeof createFairQueue>[0]> = {}) {
  const defaults = { places: 1, maxWaiting: 100, maxWaitMs: 60_000, memoryMs: 60_000, maxKeys: 1000 };
  const queue = createFairQueue({ ...defaults, refusal: () => refused, ...more });
  const served: string[] = [];
  const turnedAway: string[] = [];
  /** Asks for a place under these keys. Notes `name` when the place comes, or when it never will. */
  function ask(name: string, ...keys: string[]): Promise<void> {
    const asked = queue.run(keys, async () => {
      served.push(name);
    });
    return asked.catch((error: unknown) => {
      expect(error).toBe(refused);
      turnedAway.push(name);
    });
  }
  /** Takes a place until the returned function is called. */
  function occupy(...keys: string[]): () => Promise<void> {
    let free = () => {};
    const held = queue.run(keys, () => new Promise<void>((resolve) => (free = resolve)));
    return () => {
      free();
      return held;
    };
  }
  return { queue, served, turnedAway, ask, occupy };
}

afterEach(() => vi.useRealTimers());

describe('run', () => {
  it('serves at once while places are free, and returns or throws as the work did', async () => {
    const { queue } = setUp({ places: 2 });
    expect(await queue.run(['a'], async () => 7)).toBe(7);
    await expect(queue.run(['a'], () => Promise.reject(new Error('broke')))).rejects.toThrow('broke');
    expect(await queue.run([], async () => 8)).toBe(8);
  });

  it('never serves more at once than there are places', async () => {
    const { queue } = setUp({ places: 3 });
    let [now, most] = [0, 0];
    const work = async () => {
      most = Math.max(most, ++now);
      await new Promise(setImmediate);
      now -= 1;
    };
    await Promise.all(Array.from({ length: 30 }, (_, index) => queue.run([`${index % 4}`], work)));
    expect([now, most]).toEqual([0, 3]);
  });

  it('serves equals in the order in which they came', async () => {
    const { ask, occupy, served } = setUp();
    const free = occupy('x');
    const all = ['a', 'b', 'c', 'd'].map((name) => ask(name, name));
    await free();
    await Promise.all(all);
    expect(served).toEqual(['a', 'b', 'c', 'd']);
  });

  it('serves the never blamed before the blamed, and these by how often, even if the blame came later', async () => {
    const { queue, ask, occupy, served } = setUp();
    queue.blame(['often']);
    const free = occupy('x');
    const all = ['often', 'late', 'good', 'never'].map((name) => ask(name, name));
    queue.blame(['often', 'late']);
    await free();
    await Promise.all(all);
    expect(served).toEqual(['good', 'never', 'late', 'often']);
  });

  it('goes by the first of several keys, and by the next if the first decides nothing', async () => {
    const { queue, ask, occupy, served } = setUp();
    for (const key of ['bad address', 'attacked account', 'attacked account']) queue.blame([key]);
    const free = occupy('x');
    const all = [
      ask('crowd', 'bad address', 'some account'),
      ask('attacked, from elsewhere', 'address', 'attacked account'),
      ask('other, from elsewhere', 'address 2', 'other account'),
      ask('known', 'pair'),
    ];
    await free();
    await Promise.all(all);
    expect(served).toEqual(['other, from elsewhere', 'known', 'attacked, from elsewhere', 'crowd']);
  });

  it('serves a single request before the rest of a hundred made at the same moment', async () => {
    const { ask, occupy, served } = setUp();
    const free = occupy('x');
    const crowd = Array.from({ length: 50 }, (_, index) => ask(`crowd ${index}`, 'crowd'));
    const one = ask('one', 'one');
    await free();
    await Promise.all([...crowd, one]);
    expect(served.slice(0, 2)).toEqual(['crowd 0', 'one']);
  });
});

describe('a full queue', () => {
  it('refuses at once a newcomer who is no better than those who wait', async () => {
    const { ask, occupy, served, turnedAway } = setUp({ maxWaiting: 2 });
    const free = occupy('x');
    const all = ['a', 'b', 'c'].map((name) => ask(name, name));
    await all[2];
    expect(turnedAway).toEqual(['c']);
    await free();
    await Promise.all(all);
    expect(served).toEqual(['a', 'b']);
  });

  it('takes a better newcomer, and turns away the last of the worst', async () => {
    const { queue, ask, occupy, served, turnedAway } = setUp({ maxWaiting: 3 });
    queue.blame(['bad']);
    const free = occupy('x');
    const all = [ask('bad 1', 'bad'), ask('bad 2', 'bad'), ask('fine', 'fine'), ask('new', 'new')];
    await all[1];
    expect(turnedAway).toEqual(['bad 2']);
    await free();
    await Promise.all(all);
    expect(served).toEqual(['fine', 'new', 'bad 1']);
  });

  it('starves nobody who asks once, however many ask again and again', async () => {
    const { queue, occupy, served, turnedAway, ask } = setUp({ maxWaiting: 200, places: 2 });
    const frees = [occupy('flood'), occupy('flood')];
    const flood = Array.from({ length: 250 }, (_, index) => ask(`flood ${index}`, 'flood', `account ${index}`));
    const honest = Array.from({ length: 20 }, (_, index) => ask(`honest ${index}`, `address ${index}`));
    queue.blame(['flood']);
    for (const free of frees) await free();
    await Promise.all([...flood, ...honest]);
    expect(served.slice(0, 20).every((name) => name.startsWith('honest'))).toBe(true);
    expect(turnedAway.every((name) => name.startsWith('flood'))).toBe(true);
  });
});

describe('patience', () => {
  it('ends only for those who waited too long', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const { ask, occupy, served, turnedAway } = setUp({ maxWaitMs: 1000 });
    const free = occupy('x');
    const all = [ask('a', 'a')];
    await vi.advanceTimersByTimeAsync(600);
    all.push(ask('b', 'b'));
    await vi.advanceTimersByTimeAsync(600);
    expect(turnedAway).toEqual(['a']);
    await free();
    await Promise.all(all);
    expect(served).toEqual(['b']);
  });
});

describe('blame', () => {
  it('is forgotten after a time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const { queue, ask, occupy, served } = setUp({ memoryMs: 1000 });
    queue.blame(['a']);
    await vi.advanceTimersByTimeAsync(1001);
    const free = occupy('x');
    const all = [ask('a', 'a'), ask('b', 'b')];
    await free();
    await Promise.all(all);
    expect(served).toEqual(['a', 'b']);
  });

  it('is kept for a bounded number of keys: those not blamed for longest are forgotten', async () => {
    const { queue, ask, occupy, served } = setUp({ maxKeys: 2 });
    for (const key of ['a', 'b', 'a', 'c']) queue.blame([key]);
    const free = occupy('x');
    const all = ['a', 'b', 'c'].map((name) => ask(name, name));
    await free();
    await Promise.all(all);
    expect(served).toEqual(['b', 'c', 'a']);
  });
});
