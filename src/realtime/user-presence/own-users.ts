// The users who are connected to this node: how many connections each has, and what these say of their user. Only what
// changes a user as a whole is reported.
import type { PresenceStore } from '../../backends/presence/presence-store.ts';
import type { LastSeen } from '../../chat/presence/last-seen.ts';
import { OFFLINE_AFTER_MS, type PresenceStatus } from '../../protocol/user-presence.ts';
import type { Hooks } from '../hooks.ts';
import type { ReaderOwner } from '../log/reader.ts';

/** For what was reported before. */
const REPORTED = Promise.resolve();

export interface OwnUsers {
  /** One more connection. Resolves when all nodes can see that the user is connected, or the store is away. */
  connected(userId: number): Promise<void>;
  disconnected(userId: number): void;
  /** What this connection says of its user. Resolves when all nodes can see it, or the store is away. */
  setStatus(owner: ReaderOwner, status: PresenceStatus): Promise<void>;
  /** The number of connections on this node. */
  connections(): number;
}

export function createOwnUsers(deps: {
  readonly store: PresenceStore;
  readonly lastSeen: LastSeen;
  readonly hooks: Pick<Hooks, 'closed'>;
  /** The store was told of a change of this user. */
  readonly changed: (userId: number) => void;
}): OwnUsers {
  const { store, lastSeen, hooks, changed } = deps;
  const counts = new Map<number, number>();
  /** By user, the connections that do not say `online`. Most users have none. */
  const said = new Map<number, Map<ReaderOwner, PresenceStatus>>();
  /** Of users who are not `online`. */
  const reported = new Map<number, PresenceStatus>();
  let total = 0;

  // The end of the connection follows, and reports what has become of its user.
  hooks.closed.on((owner) => void forget(owner));

  function forget(owner: ReaderOwner): void {
    const ofUser = said.get(owner.user.id);
    if (ofUser?.delete(owner) && ofUser.size === 0) said.delete(owner.user.id);
  }

  function statusOf(userId: number): PresenceStatus {
    const ofUser = said.get(userId);
    if (!ofUser || ofUser.size < (counts.get(userId) ?? 0)) return 'online';
    return [...ofUser.values()].includes('away') ? 'away' : 'offline';
  }

  async function tell(userId: number, told: Promise<void>): Promise<void> {
    await told;
    changed(userId);
  }

  function reportStatus(userId: number): Promise<void> {
    const status = statusOf(userId);
    if (status === (reported.get(userId) ?? 'online')) return REPORTED;
    if (status === 'online') reported.delete(userId);
    else reported.set(userId, status);
    // Nobody waits for a connection to come back that is there: see OFFLINE_AFTER_MS.
    if (status === 'offline') lastSeen.note(userId, OFFLINE_AFTER_MS);
    return tell(userId, store.setStatus(userId, status));
  }

  function end(userId: number): void {
    counts.delete(userId);
    const wasSeen = reported.get(userId) !== 'offline';
    reported.delete(userId);
    if (wasSeen) lastSeen.note(userId);
    void tell(userId, store.setConnected(userId, false));
  }

  return {
    connected(userId) {
      const count = (counts.get(userId) ?? 0) + 1;
      counts.set(userId, count);
      total += 1;
      return count === 1 ? tell(userId, store.setConnected(userId, true)) : reportStatus(userId);
    },
    disconnected(userId) {
      const count = (counts.get(userId) ?? 0) - 1;
      total -= 1;
      if (count <= 0) return end(userId);
      counts.set(userId, count);
      void reportStatus(userId);
    },
    setStatus(owner, status) {
      const userId = owner.user.id;
      if (status === 'online') forget(owner);
      else said.set(userId, (said.get(userId) ?? new Map()).set(owner, status));
      return reportStatus(userId);
    },
    connections: () => total,
  };
}
