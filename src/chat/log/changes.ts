// The list of all changes. tests/integration/changes.test.ts shows for each of them that no reader misses it.
import { deleted, stored, updated } from '../messages/changes.ts';
import { reacted } from '../reactions/change.ts';
import type { Change } from './define-change.ts';

export const CHANGES: readonly Change[] = [stored, updated, deleted, reacted];

/** By both names, because nodes of other versions may publish either. */
const byName = new Map(
  CHANGES.flatMap((change) => [
    [change.type, change],
    [change.published, change],
  ]),
);

/** The change that another node published by this name. Returns undefined if this version does not know it. */
export function changeNamed(name: string): Change | undefined {
  return byName.get(name);
}
