// Deadlines of many things at once, and of one promise.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDeadlines, deadlineIn, inTime } from './deadline.ts';
import { NOWHERE } from './timetable.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const expiring = (ms: number) => ({ deadline: deadlineIn(ms), place: NOWHERE, expire: vi.fn() });
type Item = ReturnType<typeof expiring>;

describe('deadlines', () => {
  it('expire once, at most one step late, if the thing was not removed', () => {
    const deadlines = createDeadlines(100);
    const expires = expiring(1000);
    const removed = expiring(1000);
    deadlines.add(expires);
    deadlines.add(removed);
    vi.advanceTimersByTime(900);
    deadlines.remove(removed);
    expect(expires.expire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200);
    expect(expires.expire).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(5000);
    expect(expires.expire).toHaveBeenCalledOnce();
    expect(removed.expire).not.toHaveBeenCalled();
  });

  it('are kept for all that was not removed, whatever went before or by an earlier one', () => {
    const deadlines = createDeadlines(100);
    const items = Array.from({ length: 50 }, () => expiring(1000));
    for (const item of items) deadlines.add(item);
    const removed = items.filter((_, at) => at % 3 === 0 || at === 49);
    for (const item of removed) deadlines.remove(item);
    deadlines.remove(items[0] as Item);
    items[1]?.expire.mockImplementation(() => deadlines.remove(items[2] as Item));
    vi.advanceTimersByTime(1100);
    const gone = new Set([...removed, items[2]]);
    for (const item of items) expect(item.expire).toHaveBeenCalledTimes(gone.has(item) ? 0 : 1);
  });

  it('may move', () => {
    const deadlines = createDeadlines(100);
    const item = expiring(500);
    deadlines.add(item);
    vi.advanceTimersByTime(400);
    item.deadline = deadlineIn(1600);
    vi.advanceTimersByTime(1000);
    expect(item.expire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(700);
    expect(item.expire).toHaveBeenCalledOnce();
  });

  it('hold one timer for all, and none while nothing is under way', () => {
    const deadlines = createDeadlines(100);
    const items = Array.from({ length: 100 }, () => expiring(1000));
    for (const item of items) deadlines.add(item);
    expect(vi.getTimerCount()).toBe(1);
    for (const item of items) deadlines.remove(item);
    vi.advanceTimersByTime(100);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a promise with a deadline', () => {
  const late = () => new Error('late');

  it('settles as the promise does', async () => {
    const deadlines = createDeadlines(100);
    await expect(inTime(deadlines, deadlineIn(1000), Promise.resolve(1), late)).resolves.toBe(1);
    await expect(inTime(deadlines, deadlineIn(1000), Promise.reject(new Error('no')), late)).rejects.toThrow('no');
    vi.advanceTimersByTime(100);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rejects if the promise is too late, and harms nobody if that fails later', async () => {
    const deadlines = createDeadlines(100);
    let fail: (error: Error) => void = () => {};
    const work = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const answer = inTime(deadlines, deadlineIn(1000), work, late);
    const refused = expect(answer).rejects.toThrow('late');
    vi.advanceTimersByTime(1100);
    await refused;
    fail(new Error('after that'));
    await vi.advanceTimersByTimeAsync(100);
  });
});
