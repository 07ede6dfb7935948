// Requests for the same thing at the same moment share one answer. Those made while one is under way share the next.

/**
 * Returns what `make` returns, called for this key after this call: nobody gets an answer that was begun before they
 * asked. All who share an answer share its failure.
 */
export type SingleFlight<V> = (key: string, make: () => Promise<V>) => Promise<V>;

/** Remembers only the answers under way, at most two for each key. */
export function createSingleFlight<V>(): SingleFlight<V> {
  const running = new Map<string, Promise<V>>();
  const next = new Map<string, Promise<V>>();

  function start(key: string, make: () => Promise<V>): Promise<V> {
    next.delete(key);
    const made = make();
    const end = () => running.delete(key);
    running.set(key, made);
    made.then(end, end);
    return made;
  }

  function startAfter(current: Promise<V>, key: string, make: () => Promise<V>): Promise<V> {
    const begin = () => start(key, make);
    const made = current.then(begin, begin);
    next.set(key, made);
    return made;
  }

  return (key, make) => {
    const waiting = next.get(key);
    if (waiting) return waiting;
    const current = running.get(key);
    return current ? startAfter(current, key, make) : start(key, make);
  };
}
