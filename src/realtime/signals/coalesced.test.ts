import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../backends/clock/fake.ts';
import type { Outgoing } from '../connections/outgoing.ts';
import type { Feed } from '../log/feed.ts';
import type { Reader } from '../log/reader.ts';
import { createCoalesced } from './coalesced.ts';
import { joins } from './joins.ts';
import type { Signal } from './signal.ts';

/** A channel whose readers note the frames of each push. */
function channel() {
  const feed = { arrivals: 0, readers: new Set<Reader>() };
  function come(id: number, lagging = false): string[][] {
    const pushes: string[][] = [];
    const outbox = { lagging, push: (frames: Outgoing) => pushes.push([...frames.texts]) };
    feed.arrivals += 1;
    feed.readers.add({ isShown: true, arrival: feed.arrivals, owner: { user: { id }, outbox } } as unknown as Reader);
    return pushes;
  }
  return { feed: feed as unknown as Feed, come };
}

function make(signal: Signal = joins) {
  const clock = createFakeClock();
  const coalesced = createCoalesced({ clock, signal, textOf: (data) => `made of ${data}` });
  const signals = {
    send: (feed: Feed, text: string, exceptUserId: number) => coalesced.send(feed, { text, data: text, exceptUserId }),
  };
  return { clock, signals, ...channel() };
}

describe('a join or leave', () => {
  it('is sent at once if none was sent before, and not to the user', () => {
    const { signals, feed, come, clock } = make();
    const ann = come(1);
    signals.send(feed, 'ann comes', 1);
    const bob = come(2);
    signals.send(feed, 'bob comes', 2);
    expect([ann, bob]).toEqual([[['bob comes']], []]);
    clock.advance(2_000);
    signals.send(feed, 'bob goes', 2);
    expect(ann).toEqual([['bob comes'], ['bob goes']]);
  });

  it('is sent with others in one push, in order, right after an earlier one', () => {
    const { signals, feed, come, clock } = make();
    const ann = come(1);
    for (const frame of ['bob comes', 'bob goes', 'bob comes again']) signals.send(feed, frame, 2);
    signals.send(feed, 'cid comes', 3);
    expect(ann).toEqual([['bob comes']]);
    clock.advance(500);
    expect(ann).toEqual([['bob comes'], ['bob goes', 'bob comes again', 'cid comes']]);
    signals.send(feed, 'cid goes', 3);
    expect(ann).toHaveLength(2);
    clock.advance(500);
    expect(ann[2]).toEqual(['cid goes']);
  });

  it('is not sent to readers who came later, nor to the user, nor to lagging readers', () => {
    const { signals, feed, come, clock } = make();
    const [ann, slow] = [come(1), come(9, true)];
    signals.send(feed, 'somebody comes', 8);
    const [bob, bobAgain] = [come(2), come(2)];
    signals.send(feed, 'bob comes', 2);
    const cid = come(3);
    signals.send(feed, 'cid comes', 3);
    clock.advance(500);
    expect(ann).toEqual([['somebody comes'], ['bob comes', 'cid comes']]);
    expect([bob, bobAgain]).toEqual([[['cid comes']], [['cid comes']]]);
    expect([cid, slow]).toEqual([[], []]);
  });

  it('is sent early if there are many, and not at all in a crowd', () => {
    const { signals, feed, come, clock } = make();
    const ann = come(1);
    for (let n = 0; n <= 256; n++) signals.send(feed, `${n}`, 2);
    expect(ann.map((frames) => frames.length)).toEqual([1, 256]);
    signals.send(feed, 'too late', 2);
    for (let id = 2; id <= 257; id++) come(id);
    clock.advance(5_000);
    signals.send(feed, 'in a crowd', 2);
    clock.advance(5_000);
    expect(ann).toHaveLength(2);
  });
});

describe('a signal', () => {
  const gathering: Signal = { ...joins, gather: (waiting) => [waiting.join('+')] };

  it('that gathers makes one frame of what waits, for all readers who get the same', () => {
    const { signals, feed, come, clock } = make(gathering);
    const [ann, bob] = [come(1), come(2)];
    for (const [text, user] of [['a', 3] as const, ['b', 2] as const, ['c', 3] as const])
      signals.send(feed, text, user);
    clock.advance(500);
    expect(ann).toEqual([['a'], ['made of b+c']]);
    // The only frame left for a reader is sent unchanged.
    expect(bob).toEqual([['a'], ['c']]);
  });

  it('that is not coalesced is sent at once each time, however many are live', () => {
    const { signals, feed, come } = make({ ...joins, coalesceMs: 0, notAbove: Number.POSITIVE_INFINITY });
    const ann = come(1);
    for (let id = 2; id <= 300; id++) come(id);
    for (const text of ['first', 'second']) signals.send(feed, text, 0);
    expect(ann).toEqual([['first'], ['second']]);
  });
});
