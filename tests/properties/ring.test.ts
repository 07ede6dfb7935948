// The ring of recent events against the plain array of all of them.
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { stored } from '../../src/chat/messages/changes.ts';
import type { FeedEvent } from '../../src/realtime/log/feed-event.ts';
import { RecentEvents } from '../../src/realtime/log/recent-events.ts';
import { check, TIMEOUT_MS } from './kit/check.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

const BUDGET = 100_000;
const MAX_EVENTS = 256;
const MAX_LENGTH = 128 << 10;

/** Pushes `count` events of `length`, each `gap` numbers after the one before; or forgets all. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      count: fc.integer({ min: 1, max: 300 }),
      length: fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 40_000 })),
      gap: fc.constantFrom(1, 1, 2, 5),
    }),
  },
  { weight: 1, arbitrary: fc.constant('clear' as const) },
);

test('a ring gives all events after a number, or says that it has forgotten some, and keeps to its bounds', async () => {
  const cases = fc.record({ low: fc.nat({ max: 10 }), steps: fc.array(step, { maxLength: 8 }), used: fc.boolean() });
  await check('ring', cases, 300, ({ low, steps, used }) => {
    const budget = { used: used ? BUDGET : 0, max: BUDGET };
    const before = budget.used;
    const recent = new RecentEvents(low, budget);
    let all: FeedEvent[] = [];
    let head = low;
    for (const one of steps) {
      if (one === 'clear') {
        recent.clear(head);
        all = [];
      } else {
        for (let i = 0; i < one.count; i += 1) {
          head += one.gap;
          all.push(event(head, one.length));
          recent.push(all.at(-1) as FeedEvent);
        }
      }
      expect(budget.used - before).toBeLessThanOrEqual(MAX_LENGTH);
      for (const seq of [low - 1, low, recent.low - 1, recent.low, recent.low + 1, head - 3, head, head + 1]) {
        const after = recent.after(seq);
        if (seq < recent.low) expect(after).toBeUndefined();
        else expect(after).toEqual(all.filter((one) => one.seq > seq));
      }
      const kept = recent.after(recent.low) ?? [];
      expect(kept.length).toBeLessThanOrEqual(MAX_EVENTS);
      const mayForget = all.length > MAX_EVENTS || all.reduce((sum, { data }) => sum + data.length, 0) > 4_096;
      if (!mayForget) expect(kept).toEqual(all);
    }
    recent.clear(head);
    expect(budget.used).toBe(before);
  });
});

function event(seq: number, length: number): FeedEvent {
  const data = 'x'.repeat(length);
  const message = { messageId: seq, storedSeq: seq, senderId: 1, time: 0 };
  return { seq, change: stored, standing: 'new', ...message, data, live: undefined };
}
