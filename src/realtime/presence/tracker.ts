// Counts this node's connections of each user in each channel. It reports only a user's first and last one to the store.
import type { PresenceChange, PresenceStore } from '../../backends/presence/presence-store.ts';
import type { PresentUser } from '../../chat/accounts/principal.ts';
import type { Signals } from '../signals/signals.ts';
import type { OwnUsers } from '../user-presence/own-users.ts';

/** For what was reported before. */
const REPORTED = Promise.resolve();

export interface PresenceTracker extends OwnUsers {
  /** Resolves when all nodes can see that the user is live in the channel, or the store is away. Never rejects. */
  joined(channelId: number, user: PresentUser): Promise<void>;
  left(channelId: number, user: PresentUser): void;
  /** Whether so many users are live in the channel, on all nodes, that joins are not announced. Never rejects. */
  crowded(channelId: number): Promise<boolean>;
}

export function createPresenceTracker(deps: {
  readonly store: PresenceStore;
  readonly ownUsers: OwnUsers;
  readonly signals: Signals;
}): PresenceTracker {
  const { store, ownUsers, signals } = deps;
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
    ...ownUsers,
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
  };
}

/** Counts by key. */
class Counts<K> {
  private readonly counts = new Map<K, number>();

  add(key: K): number {
    const count = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, count);
    return count;
  }

  remove(key: K): number {
    const count = (this.counts.get(key) ?? 0) - 1;
    if (count > 0) this.counts.set(key, count);
    else this.counts.delete(key);
    return count;
  }
}
