// What happens on this node that parts of the live side may follow, without those that it happens in knowing of them.
import type { FeedEvent } from './log/feed-event.ts';
import type { ReaderOwner } from './log/reader.ts';

/** Something that happens, and who follows it. */
export interface Hook<Of extends readonly unknown[]> {
  /** Calls back each time, at once and in the order of registration. To be called while the node is being made. */
  follow(follower: (...of: Of) => void): void;
  happened(...of: Of): void;
}

export interface Hooks {
  /**
   * A log has a new event: told once a feed hands it out here, or if there is none here, when it was stored by this node.
   */
  readonly event: Hook<[log: string, event: FeedEvent]>;
  /** A connection has left a channel that it read, of itself or because it had to. */
  readonly left: Hook<[owner: ReaderOwner, channelId: number]>;
  /** A user has lost access to a channel, wherever it is connected. */
  readonly removed: Hook<[userId: number, channelId: number]>;
  /** A connection that somebody had signed in to is gone. */
  readonly closed: Hook<[owner: ReaderOwner]>;
}

export function createHooks(): Hooks {
  return { event: createHook(), left: createHook(), removed: createHook(), closed: createHook() };
}

function createHook<Of extends readonly unknown[]>(): Hook<Of> {
  const followers: Array<(...of: Of) => void> = [];
  return {
    follow: (follower) => void followers.push(follower),
    happened(...of) {
      for (const follower of followers) follower(...of);
    },
  };
}
