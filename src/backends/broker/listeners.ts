// Who listens to which topic on this node.
import type { Logger } from '../../lib/logger.ts';
import type { Listener, Unsubscribe } from './broker.ts';

export interface Listeners {
  /** The same function may be added twice. */
  add(topic: string, listener: Listener): Unsubscribe;
  /** Calls every listener of the topic; one that throws does not keep the others from theirs. */
  deliver(topic: string, payload: string): void;
  has(topic: string): boolean;
  topics(): Iterable<string>;
  clear(): void;
}

/** Nearly every topic has one listener, and a list of one, or a set, takes several times as much as a chain. */
interface Entry {
  /** Undefined once it is gone. */
  listener: Listener | undefined;
  /** The one that was added after it. */
  next: Entry | undefined;
}

/** `onLast` is called when a topic's last listener has gone. */
export function createListeners(logger: Logger | undefined, onLast?: (topic: string) => void): Listeners {
  const byTopic = new Map<string, Entry>();

  function append(topic: string, entry: Entry): void {
    let last = byTopic.get(topic);
    while (last?.next) last = last.next;
    if (last) last.next = entry;
    else byTopic.set(topic, entry);
  }

  /** The entry itself still knows its next: who stands at it goes on from there. */
  function remove(topic: string, entry: Entry): void {
    const first = byTopic.get(topic);
    if (first !== entry) {
      let before = first;
      while (before && before.next !== entry) before = before.next;
      if (before) before.next = entry.next;
    } else if (entry.next) {
      byTopic.set(topic, entry.next);
    } else {
      byTopic.delete(topic);
      onLast?.(topic);
    }
  }

  return {
    add(topic, listener) {
      const entry: Entry = { listener, next: undefined };
      append(topic, entry);
      return () => {
        if (!entry.listener) return;
        entry.listener = undefined;
        remove(topic, entry);
      };
    },
    deliver(topic, payload) {
      for (let entry = byTopic.get(topic); entry; entry = entry.next) {
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
