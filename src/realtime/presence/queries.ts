// REST's questions about who is live on all nodes.
import type { PresenceStore } from '../../backends/presence/presence-store.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { UserPresence } from '../../protocol/user-presence.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Watches } from '../user-presence/watches.ts';

export interface PresenceStats {
  readonly connectedUsers: number;
  readonly connections: number;
  /** Channels with at least one live user. */
  readonly totalChannels: number;
  readonly channelMembers: ReadonlyArray<{ readonly channelId: number; readonly memberCount: number }>;
  readonly nodes: number;
}

/** All reject with UNAVAILABLE if presence cannot be read. */
export interface PresenceQueries {
  stats(): Promise<PresenceStats>;
  /** Ids of the users live in the channel. */
  members(channelId: number): Promise<number[]>;
  /** Ids of the connected users. */
  users(): Promise<number[]>;
  /** As what these users are there, those whom the asker may see. */
  statuses(askerId: number, userIds: readonly number[]): Promise<UserPresence[]>;
  /** Closes the user's connections on every node. Returns whether there were any; UNAVAILABLE if that is not known. */
  disconnect(userId: number): Promise<boolean>;
}

export function createPresenceQueries(deps: {
  readonly presence: PresenceStore;
  readonly cluster: Cluster;
  readonly watches: Pick<Watches, 'ask'>;
}): PresenceQueries {
  const { presence, cluster, watches } = deps;
  return {
    async stats() {
      const [{ connectedUsers, nodes, channels, connections: atLastHeartbeats }, now] = await Promise.all([
        presence.stats(),
        cluster.askAll({ type: 'count.connections' }),
      ]);
      const connections = now.everywhere ? now.sum : atLastHeartbeats;
      return { connectedUsers, connections, totalChannels: channels.length, channelMembers: channels, nodes };
    },
    members: (channelId) => presence.members(channelId),
    users: () => presence.users(),
    statuses: watches.ask,
    async disconnect(userId) {
      const { sum, everywhere } = await cluster.askAll({ type: 'disconnect', userId });
      if (sum === 0 && !everywhere) throw new ChatError('UNAVAILABLE', 'The other nodes cannot be reached: try again');
      return sum > 0;
    },
  };
}
