// Presence of a service with one node: sets.
import { LIMITS } from '../../protocol/limits.ts';
import type { PresenceStatus } from '../../protocol/user-presence.ts';
import type { PresenceStore } from './presence-store.ts';
import { createReported } from './reported.ts';

export function createMemoryPresence({ nodeId }: { readonly nodeId: string }): PresenceStore {
  const reported = createReported();
  let connections = 0;

  // The user who joins or leaves counts as there, so that either both or none of the two are announced.
  const crowded = (channelId: number) => reported.members(channelId).size > LIMITS.ANNOUNCED_USERS_MAX;

  function status(userId: number): PresenceStatus {
    if (reported.away.has(userId)) return 'away';
    return reported.offline.has(userId) ? 'offline' : 'online';
  }

  return {
    async setConnected(userId, connected) {
      reported.setConnected(userId, connected);
    },
    async setStatus(userId, status) {
      reported.setStatus(userId, status);
    },
    async enter(channelId, userId) {
      reported.enter(channelId, userId);
      return { edge: true, crowded: crowded(channelId) };
    },
    async leave(channelId, userId) {
      const change = { edge: true, crowded: crowded(channelId) };
      reported.leave(channelId, userId);
      return change;
    },
    crowded: async (channelId) => crowded(channelId),
    users: async () => ascending(reported.users),
    async statuses(userIds) {
      const connected = userIds.filter((id) => reported.users.has(id));
      return new Map(connected.map((id) => [id, status(id)]));
    },
    members: async (channelId) => ascending(reported.members(channelId)),
    stats: async () => ({
      connectedUsers: reported.users.size,
      connections,
      nodes: 1,
      channels: [...reported.channels].map(([channelId, users]) => ({ channelId, memberCount: users.size })),
    }),
    nodes: async () => [nodeId],
    async heartbeat(count) {
      connections = count;
    },
    // There is no other node.
    onNodeDeath() {},
    async check() {},
    async close() {
      reported.clear();
      connections = 0;
    },
  };
}

function ascending(ids: Iterable<number>): number[] {
  return [...ids].sort((a, b) => a - b);
}
