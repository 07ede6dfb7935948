import { describe, expect, it } from 'vitest';
import { stored } from '../../chat/messages/changes.ts';
import type { FeedEvent } from './feed-event.ts';
import { RecentEvents } from './recent-events.ts';

const event = (seq: number, length = 10): FeedEvent => ({
  seq,
  change: stored,
  standing: 'new',
  live: undefined,
  messageId: seq,
  storedSeq: seq,
  senderId: 1,
  time: 0,
  data: 'x'.repeat(length),
});

const seqs = (events: FeedEvent[] | undefined) => events?.map((one) => one.seq);

describe('recent events', () => {
  it('return the events after a number, as far back as they reach', () => {
    const recent = new RecentEvents(4, { used: 0, max: 1 << 20 });
    for (const seq of [5, 6, 9]) recent.push(event(seq));
    expect(seqs(recent.after(4))).toEqual([5, 6, 9]);
    expect(seqs(recent.after(7))).toEqual([9]);
    expect(seqs(recent.after(9))).toEqual([]);
    expect(recent.after(3)).toBeUndefined();
  });

  it('forget the oldest past 256, and know what they forgot', () => {
    const recent = new RecentEvents(0, { used: 0, max: 1 << 20 });
    for (let seq = 1; seq <= 1000; seq += 1) recent.push(event(seq));
    expect(recent.after(743)).toBeUndefined();
    expect(seqs(recent.after(744))).toHaveLength(256);
    expect(seqs(recent.after(998))).toEqual([999, 1000]);
  });

  it('keep long events within their own bound, and little once all logs together exceed theirs', () => {
    const budget = { used: 0, max: 300_000 };
    const logs = Array.from({ length: 10 }, () => new RecentEvents(0, budget));
    for (let seq = 1; seq <= 100; seq += 1) for (const recent of logs) recent.push(event(seq, 2_000));
    expect(budget.used).toBeLessThan(budget.max + 10 * 4_096);
    for (const recent of logs) recent.clear(0);
    expect(budget.used).toBe(0);
  });

  it('keep nothing if all logs together have twice their budget, and still know what it forgot', () => {
    const budget = { used: 0, max: 100_000 };
    const logs = Array.from({ length: 1_000 }, () => new RecentEvents(0, budget));
    for (let seq = 1; seq <= 10; seq += 1) for (const recent of logs) recent.push(event(seq, 1_000));
    expect(budget.used).toBeLessThanOrEqual(2 * budget.max);
    expect(seqs(logs[999]?.after(10))).toEqual([]);
    expect(logs[999]?.after(9)).toBeUndefined();
  });
});
