// What one node has reported about its own users.

import type { PresenceStatus } from '../../protocol/user-presence.ts';

const NOBODY: ReadonlySet<number> = new Set();

export interface Reported {
  readonly users: ReadonlySet<number>;
  /** Connected users who are away on all of this node's connections, and those who do not want to be seen on any. */
  readonly away: ReadonlySet<number>;
  readonly offline: ReadonlySet<number>;
  /** Only channels that somebody is in. */
  readonly channels: ReadonlyMap<number, ReadonlySet<number>>;
  members(channelId: number): ReadonlySet<number>;
  setConnected(userId: number, connected: boolean): void;
  /** Only for connected users. */
  setStatus(userId: number, status: PresenceStatus): void;
  enter(channelId: number, userId: number): void;
  leave(channelId: number, userId: number): void;
  clear(): void;
}

export function createReported(): Reported {
  const users = new Set<number>();
  const away = new Set<number>();
  const offline = new Set<number>();
  const channels = new Map<number, Set<number>>();

  function setStatus(userId: number, status: PresenceStatus): void {
    away.delete(userId);
    offline.delete(userId);
    if (status === 'away') away.add(userId);
    if (status === 'offline') offline.add(userId);
  }

  return {
    users,
    away,
    offline,
    channels,
    members: (channelId) => channels.get(channelId) ?? NOBODY,
    setConnected(userId, connected) {
      if (connected) users.add(userId);
      else users.delete(userId);
      setStatus(userId, 'online');
    },
    setStatus,
    enter(channelId, userId) {
      const members = channels.get(channelId) ?? new Set();
      channels.set(channelId, members.add(userId));
    },
    leave(channelId, userId) {
      const members = channels.get(channelId);
      members?.delete(userId);
      if (members?.size === 0) channels.delete(channelId);
    },
    clear() {
      users.clear();
      away.clear();
      offline.clear();
      channels.clear();
    },
  };
}
