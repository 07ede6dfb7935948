// Asks the presence store for many connections at once: in a rush they watch the same users, and each is asked about once.
import type { PresenceStore } from '../../backends/presence/presence-store.ts';
import { createBatches } from '../../lib/batches.ts';
import { createSpacing } from '../../lib/spacing.ts';
import type { PresenceStatus } from '../../protocol/user-presence.ts';

/** Users in one question. */
const USERS_AT_ONCE = 5_000;

/** Users who are connected nowhere are left out; there may be others in the result. */
export function createReadStatuses(
  store: Pick<PresenceStore, 'statuses'>,
): (userIds: readonly number[]) => Promise<ReadonlyMap<number, PresenceStatus>> {
  const batches = createBatches({
    open: () => new Set<number>(),
    isFull: (userIds) => userIds.size >= USERS_AT_ONCE,
    mayLeave: createSpacing(),
    send: (userIds: Set<number>) => store.statuses([...userIds]),
  });

  return async (userIds) => {
    if (userIds.length === 0) return new Map();
    const { batch, sent } = batches.current();
    for (const userId of userIds) batch.add(userId);
    return sent;
  };
}
