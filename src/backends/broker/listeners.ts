// Who listens to which topic on this node.
import type { Logger } from '../../lib/logger.ts';
import type { Listener, Unsubscribe } from './broker.ts';

/** One subscription, as an object of its own because the same function may subscribe twice. */
interface Entry {
  readonly listener: Listener;
}

/** Calls `onLast` when a topic has lost its last listener. */
export function createListeners(logger: Logger | undefined, onLast?: (topic: string) => void) {
  const byTopic = new Map<string, Set<Entry>>();

  return {
    /** Adds a listener. The same function may be added twice. */
    add(topic: string, listener: Listener): Unsubscribe {
      const entry = { listener };
      const entries = byTopic.get(topic) ?? new Set();
      byTopic.set(topic, entries.add(entry));
      return () => {
        if (!entries.delete(entry) || entries.size > 0 || byTopic.get(topic) !== entries) return;
        byTopic.delete(topic);
        onLast?.(topic);
      };
    },
    /** Calls every listener of the topic. If one throws, the others are still called. */
    deliver(topic: string, payload: string): void {
      for (const { listener } of byTopic.get(topic) ?? []) {
        try {
          listener(payload);
        } catch (error) {
          logger?.error({ err: error, topic }, 'A listener of the broker failed');
        }
      }
    },
    has: (topic: string) => byTopic.has(topic),
    topics: (): Iterable<string> => byTopic.keys(),
    clear: () => byTopic.clear(),
  };
}
