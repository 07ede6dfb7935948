// Who listens to which topic on this node.
import type { Logger } from '../../protocol/logger.ts';
import type { Listener, Unsubscribe } from './broker.ts';

export interface Listeners {
  /** Calls `onLast` when the topic's last listener goes. The same function may be added twice. */
  add(topic: string, listener: Listener, onLast?: () => void): Unsubscribe;
  /** Calls every listener of the topic; one that throws does not keep the others from theirs. */
  deliver(topic: string, payload: string): void;
  has(topic: string): boolean;
  topics(): Iterable<string>;
  clear(): void;
}

interface Entry {
  /** Undefined once it is gone. */
  listener: Listener | undefined;
}

export function createListeners(logger: Logger | undefined): Listeners {
  // Lists, never changed: nearly every topic has one listener, and a set of one takes four times as much.
  const byTopic = new Map<string, readonly Entry[]>();

  function remove(topic: string, entry: Entry): boolean {
    const rest = byTopic.get(topic)?.filter((other) => other !== entry) ?? [];
    if (rest.length > 0) byTopic.set(topic, rest);
    else byTopic.delete(topic);
    return rest.length === 0;
  }

  return {
    add(topic, listener, onLast) {
      const entry: Entry = { listener };
      byTopic.set(topic, [...(byTopic.get(topic) ?? []), entry]);
      return () => {
        if (!entry.listener) return;
        entry.listener = undefined;
        if (remove(topic, entry)) onLast?.();
      };
    },
    deliver(topic, payload) {
      for (const entry of byTopic.get(topic) ?? []) {
        try {
          entry.listener?.(payload);
        } catch (error) {
          logger?.error({ err: error, topic }, 'A listener of the broker failed');
        }
      }
    },
    has: (topic) => byTopic.has(topic),
    topics: () => byTopic.keys(),
    clear: () => byTopic.clear(),
  };
}
