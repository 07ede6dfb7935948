// Counts this node's connections per user and channel. It reports only a user's first and last one to the store.
import type { PresenceChange, PresenceStore } from '../../backends/presence/presence-store.ts';
import type { PresentUser } from '../../chat/accounts/principal.ts';
import type { Signals } from '../signals/signals.ts';

/** For what was reported before. */
const REPORTED = Promise.resolve();

export interface PresenceTracker {
  /** Resolves when all nodes can see that the user is connected, or the store is away. Never rejects. */
  connected(userId: number): Promise<void>;
  disconnected(userId: number): void;
  /** Resolves when all nodes can see that the user is live in the channel, or the store is away. Never rejects. */
  joined(channelId: number, user: PresentUser): Promise<void>;
  left(channelId: number, user: PresentUser): void;
  /** Whether so many users are live in the channel, on all nodes, that joins are not announced. Never rejects. */
  crowded(channelId: number): Promise<boolean>;
  /** The number of connections on this node. */
  connections(): number;
}

export function createPresenceTracker(deps: {
  readonly store: PresenceStore;
  readonly signals: Signals;
}): PresenceTracker {
  const { store, signals } = deps;
  const connections = new Counts<number>();
  const live = new Counts<string>();
  /** The joins that not all nodes can see yet. */
  const announcing = new Map<string, Promise<void>>();

  async function announce(
    action: 'join' | 'leave',
    channelId: number,
    user: PresentUser,
    change: Promise<PresenceChange>,
  ): Promise<void> {
    const { edge, crowded } = await change;
    if (!edge || crowded) return;
    const data = { channel_id: channelId, user_id: user.id, username: user.username, action };
    signals.publish(channelId, `channel.${action}`, data, user.id);
  }

  return {
    connected(userId) {
      return connections.add(userId) === 1 ? store.setConnected(userId, true) : REPORTED;
    },
    disconnected(userId) {
      if (connections.remove(userId) === 0) void store.setConnected(userId, false);
    },
    joined(channelId, user) {
      const key = `${channelId}:${user.id}`;
      if (live.add(key) > 1) return announcing.get(key) ?? REPORTED;
      const announced = announce('join', channelId, user, store.enter(channelId, user.id)).then(() => {
        if (announcing.get(key) === announced) announcing.delete(key);
      });
      announcing.set(key, announced);
      return announced;
    },
    left(channelId, user) {
      if (live.remove(`${channelId}:${user.id}`) > 0) return;
      void announce('leave', channelId, user, store.leave(channelId, user.id));
    },
    crowded: (channelId) => store.crowded(channelId),
    connections: () => connections.total,
  };
}

/** Counts by key. */
class Counts<K> {
  total = 0;
  private readonly counts = new Map<K, number>();

  add(key: K): number {
    const count = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, count);
    this.total += 1;
    return count;
  }

  remove(key: K): number {
    const count = (this.counts.get(key) ?? 0) - 1;
    if (count > 0) this.counts.set(key, count);
    else this.counts.delete(key);
    this.total -= 1;
    return count;
  }
}
