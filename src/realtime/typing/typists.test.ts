import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../backends/clock/fake.ts';
import type { ReaderOwner } from '../log/reader.ts';
import { createTypists } from './typists.ts';

function make() {
  const clock = createFakeClock();
  const typists = createTypists({ clock });
  /** The notifications, and how many ms after the beginning they came. */
  const told: Array<[at: number, expires: number]> = [];
  const begin = clock.monotonic();
  const connection = (id = 1) => ({ user: { id, username: 'ann' } }) as ReaderOwner;
  const start = (owner: ReaderOwner, log = 'c7') =>
    typists.start(owner, log, (expires) => told.push([clock.monotonic() - begin, expires]));
  return { clock, typists, told, connection, start, ann: connection() };
}

describe('that a user types', () => {
  it('is announced at once, and at most every 3 s while it goes on', () => {
    const { clock, told, start, ann } = make();
    for (let at = 0; at < 10_000; at += 1_000) {
      start(ann);
      clock.advance(1_000);
    }
    expect(told).toEqual([0, 3_000, 6_000, 9_000].map((at) => [at, 8_000]));
  });

  it('is not announced again if it did not go on, and expires silently after 8 s', () => {
    const { clock, told, typists, start, ann } = make();
    start(ann);
    clock.advance(8_000);
    typists.stop(ann, 'c7');
    clock.advance(8_000);
    expect(told).toEqual([[0, 8_000]]);
    start(ann);
    expect(told).toEqual([
      [0, 8_000],
      [16_000, 8_000],
    ]);
  });

  it('is announced separately for each conversation and each user', () => {
    const { told, start, ann, connection } = make();
    start(ann, 'c7');
    start(ann, 'd1.2');
    start(connection(2), 'c7');
    expect(told).toHaveLength(3);
  });
});

describe('that it stopped', () => {
  it('is announced once', () => {
    const { typists, told, start, ann } = make();
    start(ann);
    typists.stop(ann, 'c7');
    typists.stop(ann, 'c7');
    typists.stopUser(1, 'c7');
    typists.forget(ann);
    expect(told).toEqual([
      [0, 8_000],
      [0, 0],
    ]);
  });

  it('is followed by a new start when 3 s are over, unless that stopped too', () => {
    const { clock, typists, told, start, ann } = make();
    start(ann);
    typists.stop(ann, 'c7');
    clock.advance(1_000);
    start(ann);
    typists.stop(ann, 'c7');
    clock.advance(1_000);
    start(ann);
    clock.advance(5_000);
    expect(told).toEqual([
      [0, 8_000],
      [0, 0],
      [3_000, 8_000],
    ]);
  });

  it('is announced when it has stopped on all connections', () => {
    const { typists, told, start, ann, connection } = make();
    const other = connection();
    start(ann);
    start(other);
    typists.stop(ann, 'c7');
    expect(told).toEqual([[0, 8_000]]);
    typists.forget(other);
    expect(told.at(-1)).toEqual([0, 0]);
  });

  it('is announced after a message for all connections, and after a connection ended for all its conversations', () => {
    const { typists, told, start, ann, connection } = make();
    start(ann);
    start(connection());
    typists.stopUser(1, 'c7');
    expect(told).toHaveLength(2);
    start(ann, 'c8');
    start(ann, 'c9');
    typists.forget(ann);
    expect(told.filter(([, expires]) => expires === 0)).toHaveLength(3);
  });
});

it('one connection types in at most 32 conversations, and in others once it stopped or typing expired', () => {
  const { clock, typists, start, ann } = make();
  for (let id = 1; id <= 32; id += 1) start(ann, `c${id}`);
  expect(() => start(ann, 'c33')).toThrow(expect.objectContaining({ code: 'LIMIT_REACHED' }));
  start(ann, 'c32');
  typists.stop(ann, 'c1');
  start(ann, 'c33');
  clock.advance(8_000);
  for (let id = 41; id <= 72; id += 1) start(ann, `c${id}`);
});
