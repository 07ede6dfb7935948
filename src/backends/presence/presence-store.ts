// Who is connected and who is live in which channel, over all nodes. After a fault it may be wrong for one heartbeat.
// Counts users, not connections: a node reports a user once, for the first connection that comes and the last that
// goes.
import type { PresenceStatus } from '../../protocol/user-presence.ts';

/** What entering or leaving changed for the channel as a whole. */
export interface PresenceChange {
  /** True if the user is live in the channel on no other node: others should hear of the change. */
  readonly edge: boolean;
  /** True if the channel has more live users than the limit up to which changes are announced. */
  readonly crowded: boolean;
}

export interface PresenceStats {
  /** Counts distinct users. */
  readonly connectedUsers: number;
  readonly connections: number;
  readonly nodes: number;
  /** Channels with at least one live user. */
  readonly channels: ReadonlyArray<{ readonly channelId: number; readonly memberCount: number }>;
}

export type NodeDeathListener = (userIds: readonly number[], silentMs: number) => void;

export interface PresenceStore {
  /** This node has its first connection (`connected`) or has lost its last connection of the user. Never rejects. */
  setConnected(userId: number, connected: boolean): Promise<void>;
  /** What a connected user's connections on this node say. `online` if this was never called. Never rejects. */
  setStatus(userId: number, status: PresenceStatus): Promise<void>;
  /** The user's first connection on this node has joined the channel. If the backend is away: an uncrowded edge. */
  enter(channelId: number, userId: number): Promise<PresenceChange>;
  /** The user's last connection on this node has left the channel. If the backend is away: an uncrowded edge. */
  leave(channelId: number, userId: number): Promise<PresenceChange>;
  /** Whether changes in the channel are not announced now. False if the backend is away. Never rejects. */
  crowded(channelId: number): Promise<boolean>;
  /**
   * Ids of all connected users on all living nodes, ascending. Rejects with UNAVAILABLE if the backend is away or does
   * not take what this node reports, because the answer would then be wrong.
   */
  users(): Promise<number[]>;
  /**
   * Which of these users are connected to a living node, and as what: the first of `online`, `away`, `offline` that one of
   * the nodes says. Rejects like `users`.
   */
  statuses(userIds: readonly number[]): Promise<Map<number, PresenceStatus>>;
  /** Ids of the users live in the channel on all living nodes, ascending. Rejects like `users`. */
  members(channelId: number): Promise<number[]>;
  /** Rejects like `users`. */
  stats(): Promise<PresenceStats>;
  /** Ids of the living nodes, including this one. If the backend is away, those last known. Never rejects. */
  nodes(): Promise<string[]>;
  /**
   * Keeps this node and all that it reported alive. Must be called every HEARTBEAT_MS: a node that was silent for
   * NODE_TIMEOUT_MS is dead, and its users are no longer counted. Reports everything again after the backend lost its
   * data. Never rejects.
   */
  heartbeat(connections: number): Promise<void>;
  /**
   * Calls `listener` when a node died, on one of the others: with those who were connected to it and may be seen, and for
   * how long it has been silent.
   */
  onNodeDeath(listener: NodeDeathListener): void;
  /** Writes once more that this node lives, for readiness. Rejects if the backend is away or refuses it. */
  check(): Promise<void>;
  /** Removes this node and all that it reported, then ends the link. */
  close(): Promise<void>;
}

export const HEARTBEAT_MS = 3_000;
export const NODE_TIMEOUT_MS = 10_000;
