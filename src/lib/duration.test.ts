import { expect, it } from 'vitest';
import { durationSeconds } from './duration.ts';

it.each([
  ['24h', 86_400],
  ['7d', 604_800],
  ['3600', 3600],
  ['90s', 90],
  ['15m', 900],
  ['2W', 1_209_600],
  [' 1 h ', 3600],
])('reads %j as %d seconds', (text, seconds) => {
  expect(durationSeconds(text)).toBe(seconds);
});

it.each(['', '0', '0h', '-1h', '1.5h', '1y', 'h', '1h30m', '99999999999', '9999999999w', 'Infinity'])(
  'refuses %j',
  (text) => {
    expect(durationSeconds(text)).toBeUndefined();
  },
);
