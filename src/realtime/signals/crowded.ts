// Whether so many users read a log on this node alone that nobody is told who comes and goes.
import { LIMITS } from '../../protocol/limits.ts';
import type { Reader } from '../log/reader.ts';

/**
 * Asked beside the presence store, which knows all nodes: in a rush its answers are long past when they are acted on,
 * and while it is away it has none. Takes a bounded time, however many there are.
 */
export function isCrowded(readers: ReadonlySet<Reader>): boolean {
  if (readers.size <= LIMITS.ANNOUNCED_USERS_MAX) return false;
  const users = new Set<number>();
  for (const { owner } of readers) {
    users.add(owner.user.id);
    if (users.size > LIMITS.ANNOUNCED_USERS_MAX) return true;
  }
  return false;
}
