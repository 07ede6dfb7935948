// The broker: publish and subscribe between nodes. A publication is a hint: at most once, in no promised order.

export type Listener = (payload: string) => void;

/** Ends one subscription. The backend stops listening to the topic when its last subscription ends. */
export type Unsubscribe = () => void;

export interface Broker {
  /**
   * Hands `payload` to every listener of `topic` on every node, including this one. Each gets it at most once, and not
   * while the link is down. Resolves when the backend took it or it was given up. Never rejects.
   */
  publish(topic: string, payload: string): Promise<void>;

  /**
   * As `publish`, but only for the other nodes: calls `encode` at once, and only if there may be other nodes. This
   * node's own listeners may hear it too.
   */
  publishToOthers(topic: string, encode: () => string): void;

  /**
   * Listens to `topic`. The promise settles once publications made from now on will arrive. If the link is down, it
   * settles at once: the topic is subscribed when the link returns, and an interruption is reported after that. Never
   * rejects.
   */
  subscribe(topic: string, listener: Listener): { ready: Promise<void>; unsubscribe: Unsubscribe };

  /**
   * Calls `listener` each time publications may have been lost: after a lost link has returned and every topic is
   * subscribed again.
   */
  onInterruption(listener: () => void): Unsubscribe;

  /**
   * True while the link is up and the backend refuses nothing: publications then arrive at all nodes for which this
   * holds too. Only a node that took itself for alone learns a moment later that another has come: what it published
   * until then is lost to that one, and the interruption follows. If the backend has several servers, this is about the
   * link to that of `topic`, or about all links without a topic.
   */
  connected(topic?: string): boolean;

  /**
   * Tries to publish and to subscribe, for readiness. Rejects if the backend (if it has several servers, each) is away
   * or refuses.
   */
  ping(): Promise<void>;

  /** Ends all subscriptions and the link. */
  close(): Promise<void>;
}
