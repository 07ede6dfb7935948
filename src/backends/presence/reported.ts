// What one node has reported about its own users.

const NOBODY: ReadonlySet<number> = new Set();

export interface Reported {
  readonly users: ReadonlySet<number>;
  /** Only channels that somebody is in. */
  readonly channels: ReadonlyMap<number, ReadonlySet<number>>;
  members(channelId: number): ReadonlySet<number>;
  setConnected(userId: number, connected: boolean): void;
  enter(channelId: number, userId: number): void;
  leave(channelId: number, userId: number): void;
  clear(): void;
}

export function createReported(): Reported {
  const users = new Set<number>();
  const channels = new Map<number, Set<number>>();
  return {
    users,
    channels,
    members: (channelId) => channels.get(channelId) ?? NOBODY,
    setConnected(userId, connected) {
      if (connected) users.add(userId);
      else users.delete(userId);
    },
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
      channels.clear();
    },
  };
}
