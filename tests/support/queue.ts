// What has arrived, in order, and the takers that wait for more.

/** How long a test waits for something that should come at once. */
const PATIENCE_MS = 10_000;

export interface Queue<T> {
  /** Everything that arrived, taken or not. */
  readonly items: readonly T[];
  push(item: T): void;
  /** The first item that matches and was not taken yet, now or later. Rejects at the end or when patience runs out. */
  take(match: (item: T) => boolean, wanted: string): Promise<T>;
  /** Nothing more will arrive: rejects all who wait, and all who ask for what has not arrived. */
  end(why: string): void;
}

interface Taker<T> {
  readonly match: (item: T) => boolean;
  readonly give: (item: T) => void;
  readonly fail: (why: string) => void;
}

/** `name` describes an item in the error of a taker that waited in vain. */
export function createQueue<T>(name: (item: T) => string): Queue<T> {
  const items: T[] = [];
  const untaken = new Set<T>();
  const takers = new Set<Taker<T>>();
  let ended: string | undefined;

  function seen(): string {
    const last = items.slice(-20).map(name);
    return last.length > 0 ? `the last that came: ${last.join(', ')}` : 'nothing came';
  }

  function wait(match: Taker<T>['match'], wanted: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        takers.delete(taker);
        act();
      };
      const taker: Taker<T> = {
        match,
        give: (item) => settle(() => resolve(item)),
        fail: (why) => settle(() => reject(new Error(`Wanted ${wanted}, but ${why}; ${seen()}`))),
      };
      const timer = setTimeout(() => taker.fail('waited too long'), PATIENCE_MS);
      takers.add(taker);
    });
  }

  return {
    items,
    push(item) {
      items.push(item);
      for (const taker of takers) if (taker.match(item)) return taker.give(item);
      untaken.add(item);
    },
    async take(match, wanted) {
      for (const item of untaken) {
        if (!match(item)) continue;
        untaken.delete(item);
        return item;
      }
      if (ended) throw new Error(`Wanted ${wanted}, but ${ended}; ${seen()}`);
      return wait(match, wanted);
    },
    end(why) {
      ended = why;
      for (const taker of takers) taker.fail(why);
    },
  };
}
