// Publish and subscribe between nodes. A hint that something happened: at most once, in no promised order.

export type Listener = (payload: string) => void;

/** Ends one subscription. The backend stops listening to the topic when its last subscription ends. */
export type Unsubscribe = () => void;

export interface Broker {
  /**
   * Hands `payload` to every listener of `topic` on every node, this one included. At most once each; lost while the
   * link is down. Resolves when the backend took it or gave it up; never rejects.
   */
  publish(topic: string, payload: string): Promise<void>;

  /**
   * The same for the other nodes alone: `encode` is called at once, and only where there may be one. This node's own
   * listeners may hear of it as well.
   */
  publishToOthers(topic: string, encode: () => string): void;

  /**
   * Listens to `topic`. The promise settles once publications made from now on will arrive, or, where the link is
   * down, at once: then the topic is subscribed when the link returns, and an interruption is reported after that.
   * Never rejects.
   */
  subscribe(topic: string, listener: Listener): { ready: Promise<void>; unsubscribe: Unsubscribe };

  /**
   * Calls `listener` each time when publications may have been lost: after a lost link is back and every topic is
   * subscribed again.
   */
  onInterruption(listener: () => void): Unsubscribe;

  /**
   * True while the link is up and the backend refuses nothing: what is published now arrives at nodes for which that holds.
   * Where a backend has several servers, the link to that of `topic`; without one, the links to all of them.
   */
  connected(topic?: string): boolean;

  /** Tries to publish and to subscribe. Rejects where the backend is away or refuses, of several servers all. For readiness. */
  ping(): Promise<void>;

  /** Ends all subscriptions and the link. */
  close(): Promise<void>;
}
