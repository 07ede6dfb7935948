// Who asks for the same thing at the same moment shares one answer: while it is being made, the others wait for the next.

/**
 * Gives what `make` gives, called for this key after the call: nobody gets an answer that was begun before it asked.
 * A failure is that of all who share it.
 */
export type SingleFlight<V> = (key: string, make: () => Promise<V>) => Promise<V>;

/** Remembers nothing beyond the answers under way: at most two for each key. */
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
