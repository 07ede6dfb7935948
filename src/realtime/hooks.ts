// Hooks: events inside this node that features can listen to, so that the code that raises them need not know them.
import type { FeedEvent } from './log/feed-event.ts';
import type { ReaderOwner } from './log/reader.ts';

/** One kind of event, and its listeners. */
export interface Hook<Of extends readonly unknown[]> {
  /** Registers a listener, while the node is built. Listeners are called at once, in the order of registration. */
  on(listener: (...of: Of) => void): void;
  emit(...of: Of): void;
}

export interface Hooks {
  /**
   * A log has a new event. Raised when a feed of this node hands it out, or without a feed when this node stored it.
   */
  readonly event: Hook<[log: string, event: FeedEvent]>;
  /** A connection has left a channel that it read, by itself or because it lost access. */
  readonly left: Hook<[owner: ReaderOwner, channelId: number]>;
  /** A user has lost access to a channel, whether or not it is connected here. */
  readonly removed: Hook<[userId: number, channelId: number]>;
  /** A connection that had signed in is gone. */
  readonly closed: Hook<[owner: ReaderOwner]>;
}

export function createHooks(): Hooks {
  return { event: createHook(), left: createHook(), removed: createHook(), closed: createHook() };
}

function createHook<Of extends readonly unknown[]>(): Hook<Of> {
  const listeners: Array<(...of: Of) => void> = [];
  return {
    on: (listener) => void listeners.push(listener),
    emit(...of) {
      for (const listener of listeners) listener(...of);
    },
  };
}
