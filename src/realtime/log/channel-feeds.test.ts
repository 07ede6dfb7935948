import { describe, expect, it } from 'vitest';
import { createFakeClock, type FakeClock } from '../../backends/clock/fake.ts';
import { createFlushScheduler } from '../connections/flush-scheduler.ts';
import { type ChannelFeeds, createChannelFeeds, type HeldFeed } from './channel-feeds.ts';

/** The most feeds that a node may have. */
const FULL = 100_000;

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Also notes the topics that are subscribed to. */
function open(): { feeds: ChannelFeeds; topics: Set<string>; budget: { readonly used: number }; clock: FakeClock } {
  const clock = createFakeClock();
  const topics = new Set<string>();
  const broker = {
    subscribe(topic: string) {
      topics.add(topic);
      return { ready: Promise.resolve(), unsubscribe: () => void topics.delete(topic) };
    },
  };
  const context = {
    scheduler: createFlushScheduler(clock.defer),
    clock,
    budget: { used: 0, max: 1 << 20 },
    logger: silent,
    readPage: () => Promise.reject(new Error('Nothing is read')),
    checkReaders: async () => {},
    handedOut() {},
  };
  const feeds = createChannelFeeds({
    broker: broker as never,
    clock,
    nodeId: 'n1',
    context,
    onSignal() {},
  });
  return { feeds, topics, budget: context.budget, clock };
}

function fill(feeds: ChannelFeeds): HeldFeed[] {
  const held = Array.from({ length: FULL }, (_, index) => feeds.hold(index + 1));
  for (const { feed } of held) feed.begin(0, 0);
  return held;
}

describe('feeds of channels', () => {
  it('that never began close with their last holder, and unsubscribe', () => {
    const { feeds, topics } = open();
    const [first, second] = [feeds.hold(7), feeds.hold(7)];
    expect(first.feed).toBe(second.feed);
    first.release();
    expect(topics.size).toBe(1);
    second.release();
    expect([[...feeds.all()], topics.size]).toEqual([[], 0]);
  });

  it('give back the room of the events that they held', () => {
    const { feeds, budget } = open();
    const held = feeds.hold(7);
    const event = { seq: 5, kind: 'stored', messageId: 5, storedSeq: 5, senderId: 1, time: 0, data: 'x'.repeat(100) };
    held.feed.receive([event as never], 0);
    expect(budget.used).toBe(100);
    held.release();
    expect(budget.used).toBe(0);
  });

  it('are refused if the node is full, without a search for each; unread ones make room', () => {
    const { feeds, topics, clock } = open();
    const held = fill(feeds);
    const [read, ...others] = held as [HeldFeed, ...HeldFeed[]];
    let looks = 0;
    Object.defineProperty(read.feed.readers, 'size', { get: () => (looks += 1) });
    read.release();
    clock.advance(60_000);
    for (let time = 0; time < 1_000; time += 1) {
      expect(() => feeds.hold(FULL + 1)).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));
    }
    expect(looks).toBe(1);
    for (const { release } of others.slice(0, 10)) release();
    clock.advance(1_000);
    feeds.hold(FULL + 1);
    expect(topics.size).toBe(FULL - 10 + 1);
  });
});
