// Makes links anew where their server says that it is not the primary: an address may lead to another one by now.

/** As much of a link as it needs. */
export interface Renewable {
  isUp(): boolean;
  /** Ends it, to be connected again at once. */
  cut(): void;
}

export interface Renewal {
  /** Returns the end of it. */
  add(link: Renewable): () => void;
  /** The server of this link is no primary: it is made anew, and again and again as long as that is said of it. */
  moved(link: Renewable): void;
  /**
   * The server of this link took what a primary takes. If it was made anew for that, all others are now too: they may still
   * lead to the former one, which does not refuse all that they do. Costs nothing where none was.
   */
  succeeded(link: Renewable): void;
}

/** Between two times of one link. */
const PAUSE_MS = 1_000;

export function createRenewal(): Renewal {
  const links = new Set<Renewable>();
  /** When each was last made anew, of those that have not succeeded since. */
  const moved = new Map<Renewable, number>();

  return {
    add(link) {
      links.add(link);
      return () => {
        links.delete(link);
        moved.delete(link);
      };
    },
    moved(link) {
      const now = performance.now();
      if (!link.isUp() || now - (moved.get(link) ?? Number.NEGATIVE_INFINITY) < PAUSE_MS) return;
      moved.set(link, now);
      link.cut();
    },
    succeeded(link) {
      if (moved.size === 0 || !moved.has(link)) return;
      moved.clear();
      for (const other of links) if (other !== link && other.isUp()) other.cut();
    },
  };
}
