// What one node has reported about its own users.

import type { PresenceStatus } from '../../protocol/user-presence.ts';

const NOBODY: ReadonlySet<number> = new Set();

export type Reported = ReturnType<typeof createReported>;

export function createReported() {
  const users = new Set<number>();
  const away = new Set<number>();
  const offline = new Set<number>();
  const channels = new Map<number, Set<number>>();

  /** Only for connected users. */
  function setStatus(userId: number, status: PresenceStatus): void {
    away.delete(userId);
    offline.delete(userId);
    if (status === 'away') away.add(userId);
    if (status === 'offline') offline.add(userId);
  }

  return {
    users: users as ReadonlySet<number>,
    /** Connected users who are away on all of this node's connections, and those who do not want to be seen on any. */
    away: away as ReadonlySet<number>,
    offline: offline as ReadonlySet<number>,
    /** Only channels that somebody is in. */
    channels: channels as ReadonlyMap<number, ReadonlySet<number>>,
    members: (channelId: number): ReadonlySet<number> => channels.get(channelId) ?? NOBODY,
    setConnected(userId: number, connected: boolean): void {
      if (connected) users.add(userId);
      else users.delete(userId);
      setStatus(userId, 'online');
    },
    setStatus,
    enter(channelId: number, userId: number): void {
      const members = channels.get(channelId) ?? new Set();
      channels.set(channelId, members.add(userId));
    },
    leave(channelId: number, userId: number): void {
      const members = channels.get(channelId);
      members?.delete(userId);
      if (members?.size === 0) channels.delete(channelId);
    },
    clear(): void {
      users.clear();
      away.clear();
      offline.clear();
      channels.clear();
    },
  };
}
