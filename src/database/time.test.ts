// How PostgreSQL's text of a time is turned into the one that clients get.
import { expect, it } from 'vitest';
import { isoTime } from './time.ts';

it.each([
  ['2026-01-31 09:05:07', '2026-01-31T09:05:07.000Z'],
  ['2026-01-31 09:05:07.1', '2026-01-31T09:05:07.100Z'],
  ['2026-01-31 09:05:07.123456', '2026-01-31T09:05:07.123Z'],
  ['2026-01-31T09:05:07.1', '2026-01-31T09:05:07.100Z'],
])('%s becomes %s', (timestamp, iso) => {
  expect(isoTime(timestamp)).toBe(iso);
});
