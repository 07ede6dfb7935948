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

export function createListeners(logger: Logger | undefined): Listeners {
  const byTopic = new Map<string, Set<{ readonly listener: Listener }>>();

  return {
    add(topic, listener, onLast) {
      const entry = { listener };
      const entries = byTopic.get(topic) ?? new Set();
      byTopic.set(topic, entries.add(entry));
      return () => {
        if (!entries.delete(entry) || entries.size > 0) return;
        if (byTopic.get(topic) === entries) byTopic.delete(topic);
        onLast?.();
      };
    },
    deliver(topic, payload) {
      for (const { listener } of byTopic.get(topic) ?? []) {
        try {
          listener(payload);
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
