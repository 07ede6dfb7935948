// A broker for several nodes of one process that loses, delays and reorders publications as the test decides.
import type { Broker, Listener } from '../../src/backends/broker/broker.ts';

export interface LossyBus {
  /** The broker of one more node. */
  join(): Broker;
  /** Tells all nodes that publications may have been lost. */
  interrupt(): void;
}

/** `fate`: false loses a publication to a node. A number delivers it after this many milliseconds, 0 at once. */
export function createLossyBus(fate: () => number | false): LossyBus {
  const nodes: Array<{ topics: Map<string, Set<Listener>>; interruptions: Set<() => void> }> = [];

  function deliver(topics: Map<string, Set<Listener>>, topic: string, payload: string): void {
    const delay = fate();
    const hand = () => {
      for (const listener of [...(topics.get(topic) ?? [])]) listener(payload);
    };
    if (delay === false) return;
    if (delay === 0) hand();
    else setTimeout(hand, delay);
  }

  return {
    join() {
      const topics = new Map<string, Set<Listener>>();
      const interruptions = new Set<() => void>();
      nodes.push({ topics, interruptions });
      const publish = (topic: string, payload: string) => {
        for (const node of nodes) deliver(node.topics, topic, payload);
      };
      return {
        publish: async (topic, payload) => publish(topic, payload),
        publishToOthers: (topic, encode) => publish(topic, encode()),
        subscribe(topic, listener) {
          const listeners = topics.get(topic) ?? new Set();
          topics.set(topic, listeners.add(listener));
          return { ready: Promise.resolve(), unsubscribe: () => void listeners.delete(listener) };
        },
        onInterruption(listener) {
          interruptions.add(listener);
          return () => void interruptions.delete(listener);
        },
        connected: () => true,
        ping: () => Promise.resolve(),
        close: async () => topics.clear(),
      };
    },
    interrupt() {
      for (const node of nodes) for (const listener of [...node.interruptions]) listener();
    },
  };
}
