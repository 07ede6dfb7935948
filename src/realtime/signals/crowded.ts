// Whether a log has so many readers on this node that joins are not announced.
import type { Reader } from '../log/reader.ts';

/**
 * True if there are more than `max` users. The presence store knows all nodes, but in a rush its answers are out of
 * date when they arrive, and it may be away. Takes a bounded time, however many readers there are.
 */
export function isCrowded(readers: ReadonlySet<Reader>, max: number): boolean {
  if (readers.size <= max) return false;
  const users = new Set<number>();
  for (const { owner, isShown } of readers) {
    if (!isShown) continue;
    users.add(owner.user.id);
    if (users.size > max) return true;
  }
  return false;
}
