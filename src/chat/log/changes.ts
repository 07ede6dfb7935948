// The registry of changes, a line for each. tests/integration/changes.test.ts shows of every one that no reader misses it.
import { deleted, stored, updated } from '../messages/changes.ts';
import type { Change } from './define-change.ts';

export const CHANGES: readonly Change[] = [stored, updated, deleted];

/** Under both names: of two versions one may write the other's. */
const byName = new Map(
  CHANGES.flatMap((change) => [
    [change.type, change],
    [change.published, change],
  ]),
);

/** The change that another node calls so; undefined for one that this version does not know. */
export function changeNamed(name: string): Change | undefined {
  return byName.get(name);
}
