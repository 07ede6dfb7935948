// As what watched users are shown: as the store says, but those who are gone only after 15 s.
import { expect, it } from 'vitest';
import { createFakeClock } from '../../backends/clock/fake.ts';
import type { PresenceStatus } from '../../protocol/user-presence.ts';
import { createWatchedUsers } from './watched-users.ts';

function make(round = 1) {
  const clock = createFakeClock();
  const users = createWatchedUsers<string>(clock.monotonic, round);
  /** What the store says; asks about all who are due. Returns those who are shown as something else now. */
  const said = (statuses: Record<number, PresenceStatus>) => {
    const found = new Map(Object.entries(statuses).map(([id, status]) => [Number(id), status]));
    return users.update(users.due(), found).map(({ userId, status }) => [userId, status]);
  };
  return { clock, users, said };
}

it('a change is shown at once, and so is that somebody does not want to be seen', () => {
  const { users, said } = make();
  expect(users.watch('w', 1, 'online', null).status).toBe('online');
  expect(said({ 1: 'online' })).toEqual([]);
  expect(said({ 1: 'away' })).toEqual([[1, 'away']]);
  expect(said({ 1: 'offline' })).toEqual([[1, 'offline']]);
});

it('who is gone is shown as before for 15 s, and who comes back meanwhile was never away', () => {
  const { clock, users, said } = make();
  for (const userId of [1, 2]) users.watch('w', userId, 'away', null);
  expect(said({})).toEqual([]);
  clock.advance(14_000);
  expect(said({ 2: 'away' })).toEqual([]);
  clock.advance(1_000);
  expect(said({ 2: 'away' })).toEqual([[1, 'offline']]);
  clock.advance(60_000);
  expect(said({ 2: 'away' })).toEqual([]);
  expect(said({ 1: 'online', 2: 'away' })).toEqual([[1, 'online']]);
});

it('who went just before somebody began to watch is shown as online for the rest of 15 s', () => {
  const { clock, users, said } = make();
  expect(users.watch('w', 1, undefined, 5_000).status).toBe('online');
  expect(users.watch('w', 2, undefined, 15_000).status).toBe('offline');
  expect(users.watch('w', 3, undefined, null).status).toBe('offline');
  clock.advance(9_999);
  expect(said({})).toEqual([]);
  clock.advance(1);
  expect(said({})).toEqual([[1, 'offline']]);
});

it('each user is due in each round, and at once if it may have changed, if it is about to be offline or is new', () => {
  const { clock, users } = make(4);
  for (let id = 1; id <= 8; id += 1) users.watch('w', id, 'online', null);
  expect(users.due()).toHaveLength(8);
  const rounds = Array.from({ length: 5 }, () => users.due());
  expect(new Set(rounds.flat()).size).toBe(8);
  expect(Math.max(...rounds.map(({ length }) => length))).toBe(2);
  users.doubt([1, 5, 99]);
  expect(users.due()).toEqual(expect.arrayContaining([1, 5]));
  users.update([3], new Map());
  clock.advance(15_000);
  expect(users.due()).toContain(3);
});

it('nobody is due whom nobody watches any more', () => {
  const { users } = make();
  const user = users.watch('a', 1, 'online', null);
  users.watch('b', 1, 'online', null);
  users.unwatch('a', user);
  expect(users.due()).toEqual([1]);
  users.unwatch('b', user);
  users.doubt([1]);
  expect(users.due()).toEqual([]);
});
