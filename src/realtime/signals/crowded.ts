// Whether so many users read a log on this node alone that they are not told of each other.
import type { Reader } from '../log/reader.ts';

/**
 * True if there are more than `max` users. Asked beside the presence store, which knows all nodes: in a rush its answers
 * are long past when they are acted on, and while it is away it has none. Takes a bounded time, however many there are.
 */
export function isCrowded(readers: ReadonlySet<Reader>, max: number): boolean {
  if (readers.size <= max) return false;
  const users = new Set<number>();
  for (const { owner } of readers) {
    users.add(owner.user.id);
    if (users.size > max) return true;
  }
  return false;
}
