// Who is connected and who is live in which channel, over all nodes. Soft: it may lag behind a fault by one heartbeat.
// Counts users, not connections: a node reports a user once, when the first of its connections comes and the last goes.

/** What entering or leaving meant for the channel as a whole. */
export interface PresenceChange {
  /** True where the user is live in the channel on no other node: others should hear of the change. */
  readonly edge: boolean;
  /** True where the channel has more live users than changes are announced in. */
  readonly crowded: boolean;
}

export interface PresenceStats {
  /** Distinct users. */
  readonly connectedUsers: number;
  readonly connections: number;
  readonly nodes: number;
  /** Channels with at least one live user. */
  readonly channels: ReadonlyArray<{ readonly channelId: number; readonly memberCount: number }>;
}

export interface PresenceStore {
  /** This node has its first (`connected`) or has lost its last connection of the user. Never rejects. */
  setConnected(userId: number, connected: boolean): Promise<void>;
  /** The user's first connection on this node has joined the channel. Where the backend is away: an uncrowded edge. */
  enter(channelId: number, userId: number): Promise<PresenceChange>;
  /** The user's last connection on this node has left the channel. Where the backend is away: an uncrowded edge. */
  leave(channelId: number, userId: number): Promise<PresenceChange>;
  /** Whether changes in the channel are not announced now. Where the backend is away: false. Never rejects. */
  crowded(channelId: number): Promise<boolean>;
  /**
   * Ids of all connected users over all living nodes, ascending. Rejects with UNAVAILABLE where the backend is away, or does
   * not take what this node reports, for then the answer would be wrong.
   */
  users(): Promise<number[]>;
  /** Ids of the users live in the channel over all living nodes, ascending. Rejects like `users`. */
  members(channelId: number): Promise<number[]>;
  /** Rejects like `users`. */
  stats(): Promise<PresenceStats>;
  /** Ids of the living nodes, this one included; where the backend is away, those last known. Never rejects. */
  nodes(): Promise<string[]>;
  /**
   * Keeps this node and all that it reported alive; to be called every HEARTBEAT_MS. A node that was silent for
   * NODE_TIMEOUT_MS is dead: its users vanish by themselves. After the backend lost its data, reports all again.
   * Never rejects.
   */
  heartbeat(connections: number): Promise<void>;
  /** Writes once more that this node lives. Rejects where the backend is away, or refuses it. For readiness. */
  check(): Promise<void>;
  /** Takes this node and all that it reported out, then ends the link. */
  close(): Promise<void>;
}

export const HEARTBEAT_MS = 3_000;
export const NODE_TIMEOUT_MS = 10_000;
