// Reads from Redis as what users are connected, many at a time.
import type { Cluster, Redis } from 'ioredis';
import type { PresenceStatus } from '../../protocol/user-presence.ts';
import { createScript } from '../redis/script.ts';
import { STATUSES } from './redis-scripts.ts';

/** Users in one script: few enough not to hold Redis up. */
const USERS_AT_ONCE = 1_000;
/** By the digit of the script. */
const STATUS_ORDER: ReadonlyArray<PresenceStatus | undefined> = [undefined, 'offline', 'away', 'online'];

export type ReadStatuses = (
  userIds: readonly number[],
  keys: readonly string[],
) => Promise<Map<number, PresenceStatus>>;

/** `keys` are those of STATUSES. Users who are connected to none of these nodes are left out. */
export function createReadStatuses(client: Redis | Cluster): ReadStatuses {
  const read = createScript(client, 'presenceStatuses', STATUSES);

  return async (userIds, keys) => {
    const parts: Array<Promise<string>> = [];
    for (let at = 0; at < userIds.length; at += USERS_AT_ONCE) {
      parts.push(read(keys, userIds.slice(at, at + USERS_AT_ONCE)) as Promise<string>);
    }
    const digits = (await Promise.all(parts)).join('');
    const found = new Map<number, PresenceStatus>();
    for (const [index, userId] of userIds.entries()) {
      const status = STATUS_ORDER[Number(digits[index])];
      if (status) found.set(userId, status);
    }
    return found;
  };
}
