import { expect, it } from 'vitest';
import type { Reader } from '../log/reader.ts';
import { isCrowded } from './crowded.ts';

/** Readers of `users` users, with `connections` connections each. */
function readers(users: number, connections: number): Set<Reader> {
  const ids = Array.from({ length: users * connections }, (_, index) => index % users);
  return new Set(ids.map((id) => ({ isShown: true, owner: { user: { id } } }) as Reader));
}

it.each([
  [0, 1, false],
  [256, 1, false],
  [257, 1, true],
  [5_000, 1, true],
  // Users count, not their connections.
  [256, 3, false],
])('%i users with %i connections each: %s', (users, connections, crowded) => {
  expect(isCrowded(readers(users, connections), 256)).toBe(crowded);
});
