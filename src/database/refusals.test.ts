// A database that refuses is reported once, again if the reason changes, and when it is over.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSilentLogger } from '../../tests/support/silent-logger.ts';
import { createRefusals } from './refusals.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const says = (code: string, message = 'no', severity = 'ERROR') =>
  Object.assign(new Error(message), { code, severity });

function watch() {
  const logger = createSilentLogger();
  const refusals = createRefusals(logger);
  refusals.speak();
  const lines = () => logger.lines.map(({ message }) => message);
  return { refusals, lines };
}

it.each([
  ['25006', 'read-only'],
  ['42501', 'permission denied'],
  ['53100', 'disk full'],
  ['53200', 'out of memory'],
  ['53400', 'out of resources'],
  ['58030', 'the server cannot use its files'],
])('says once of %s, and for as long as it lasts', (code, reason) => {
  const { refusals, lines } = watch();
  for (let second = 0; second < 60; second += 1) {
    refusals.failed('insert', says(code));
    vi.advanceTimersByTime(1_000);
    expect(refusals.reason()).toBe(reason);
    // Other statements succeed meanwhile.
    refusals.succeeded('select');
  }
  expect(lines()).toHaveLength(1);
  expect(lines()[0]).toContain(reason);
  vi.advanceTimersByTime(5_000);
  refusals.succeeded('insert');
  expect(lines()).toHaveLength(2);
  expect(lines()[1]).toContain('works again');
  expect(refusals.reason()).toBeUndefined();
});

it.each([
  ['53300', 'too many connections'],
  ['57P03', 'starting, stopping or in recovery'],
  ['28P01', 'the user is refused'],
  ['3D000', 'there is no such database'],
  ['08P01', 'connections are refused'],
  ['ECONNREFUSED', 'unreachable'],
  ['DATABASE_BUSY', 'no answer in time'],
])('of %s says once, and leaves it to each who asks to find out', (code, reason) => {
  const { refusals, lines } = watch();
  const error = /^\d/.test(code) ? says(code) : Object.assign(new Error('no'), { code });
  for (let n = 0; n < 100; n += 1) refusals.failed('begin', error);
  expect(lines()).toHaveLength(1);
  expect(lines()[0]).toContain(reason);
  expect(refusals.reason()).toBeUndefined();
  vi.advanceTimersByTime(5_000);
  refusals.succeeded('anything');
  expect(lines()).toHaveLength(2);
});

it('does not alternate if some succeed and some fail', () => {
  const { refusals, lines } = watch();
  for (let n = 0; n < 100; n += 1) {
    refusals.failed('insert', says('53100'));
    refusals.succeeded('insert');
    vi.advanceTimersByTime(500);
  }
  expect(lines()).toHaveLength(1);
});

it('has a line for each table that it may not use, and one for another reason', () => {
  const { refusals, lines } = watch();
  refusals.failed('a', says('42501', 'permission denied for table chats'));
  refusals.failed('b', says('42501', 'permission denied for table users'));
  refusals.failed('b', says('42501', 'permission denied for table users'));
  refusals.failed('a', says('53100'));
  expect(lines()).toHaveLength(3);
  expect(refusals.reason()).toBe('permission denied, disk full');
});

it('allows another try after a while without a failure, and logs nothing new if that fails too', () => {
  const { refusals, lines } = watch();
  refusals.failed('insert', says('53100'));
  vi.advanceTimersByTime(15_001);
  expect(refusals.reason()).toBeUndefined();
  refusals.failed('insert', says('53100'));
  expect(refusals.reason()).toBe('disk full');
  expect(lines()).toHaveLength(1);
});

it.each(['23505', '22001', '40P01', '55P03', '42P01'])(
  'is silent about %s, which is no matter of the database',
  (code) => {
    const { refusals, lines } = watch();
    refusals.failed('insert', says(code));
    expect(lines()).toEqual([]);
  },
);
