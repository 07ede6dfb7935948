// The waiting room before the database: order, bounds, refusals.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSemaphore } from './semaphore.ts';

const refused = new Error('refused');

function semaphore(places: number, maxWaiting = 10, maxWaitMs = 1000) {
  return createSemaphore({ places, maxWaiting, maxWaitMs, refusal: () => refused });
}

describe('a semaphore', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('lets in as many as there are places, then in the order of arrival', async () => {
    const { run } = semaphore(2);
    const began: number[] = [];
    const ends = [0, 1, 2, 3].map((number) => {
      const { promise, resolve } = deferred();
      const done = run(() => {
        began.push(number);
        return promise;
      });
      return { resolve, done };
    });
    expect(began).toEqual([0, 1]);
    ends[1]?.resolve();
    await ends[1]?.done;
    expect(began).toEqual([0, 1, 2]);
    for (const end of ends) end.resolve();
    await Promise.all(ends.map((end) => end.done));
    expect(began).toEqual([0, 1, 2, 3]);
  });

  it('returns the result or the failure of the work, and frees the place after either', async () => {
    const { run } = semaphore(1);
    await expect(run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(run(async () => 7)).resolves.toBe(7);
  });

  it('refuses at once when too many wait', async () => {
    const { run } = semaphore(1, 1);
    const { promise, resolve } = deferred();
    const first = run(() => promise);
    const second = run(async () => 2);
    await expect(run(async () => 3)).rejects.toBe(refused);
    resolve();
    await expect(Promise.all([first, second])).resolves.toEqual([undefined, 2]);
  });

  it('refuses what waited too long, never begins that work, and keeps the later ones', async () => {
    const { run } = semaphore(1);
    const { promise, resolve } = deferred();
    const first = run(() => promise);
    const work = vi.fn(async () => {});
    const early = run(work).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(600);
    const late = run(async () => 'late');
    await vi.advanceTimersByTimeAsync(500);
    expect(await early).toBe(refused);
    resolve();
    await first;
    await expect(late).resolves.toBe('late');
    expect(work).not.toHaveBeenCalled();
  });

  it('keeps no place for who waited too long, and begins none of their work, while no timer can run', async () => {
    vi.useRealTimers();
    const { run } = semaphore(1, 1, 50);
    const { promise, resolve } = deferred();
    const first = run(() => promise);
    const work = vi.fn(async () => {});
    const late = run(work).catch((error: unknown) => error);
    for (const began = performance.now(); performance.now() - began < 60; );
    const third = run(async () => 'third');
    resolve();
    await first;
    await expect(third).resolves.toBe('third');
    expect(await late).toBe(refused);
    expect(work).not.toHaveBeenCalled();
  });

  it('leaves no timer behind once nobody waits', async () => {
    const { run } = semaphore(1);
    await Promise.all([run(async () => {}), run(async () => {})]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
