// A broker for several nodes of one process whose faults the test chooses: a publication to a node goes through, is
// lost, comes twice, or is held until the test releases it, in an order of its choice.
import type { Broker, Listener } from '../../src/backends/broker/broker.ts';

/** What happens to publications to one node. */
export type Fate = 'through' | 'lost' | 'held' | 'twice';

export interface Place {
  readonly broker: Broker;
  fate: Fate;
  /** Delivers what is held, from the one numbered `first` on, then those before it. If `backwards`, in reverse. */
  release(first: number, backwards: boolean): void;
  /** The node is gone. Nothing reaches it any more. */
  leave(): void;
}

export interface SteeredBus {
  /** The place of one more node. */
  join(): Place;
}

export function createSteeredBus(): SteeredBus {
  const places = new Set<{ take(topic: string, payload: string): void }>();

  function join(): Place {
    const topics = new Map<string, Set<Listener>>();
    let held: Array<() => void> = [];

    function hand(topic: string, payload: string): void {
      for (const listener of [...(topics.get(topic) ?? [])]) listener(payload);
    }

    function take(topic: string, payload: string): void {
      if (place.fate === 'lost') return;
      if (place.fate === 'held') held.push(() => hand(topic, payload));
      else hand(topic, payload);
      if (place.fate === 'twice') hand(topic, payload);
    }

    const publish = (topic: string, payload: string) => {
      for (const one of [...places]) one.take(topic, payload);
    };
    const broker: Broker = {
      publish: async (topic, payload) => publish(topic, payload),
      publishToOthers: (topic, encode) => publish(topic, encode()),
      subscribe(topic, listener) {
        const listeners = topics.get(topic) ?? new Set();
        topics.set(topic, listeners.add(listener));
        return { ready: Promise.resolve(), unsubscribe: () => void listeners.delete(listener) };
      },
      onInterruption: () => () => {},
      connected: () => true,
      ping: () => Promise.resolve(),
      close: async () => topics.clear(),
    };
    const entry = { take };
    const place: Place = {
      broker,
      fate: 'through',
      release(first, backwards) {
        const all = held;
        held = [];
        const start = all.length > 0 ? first % all.length : 0;
        const order = [...all.slice(start), ...all.slice(0, start)];
        for (const run of backwards ? order.reverse() : order) run();
      },
      leave() {
        places.delete(entry);
        held = [];
        topics.clear();
      },
    };
    places.add(entry);
    return place;
  }

  return { join };
}
