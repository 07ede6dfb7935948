// Makes links anew if their server is no primary (any more), because the address may lead to another server now.

/** The part of a link that is needed here. */
interface Renewable {
  isUp(): boolean;
  /** Ends the link, which then connects again at once. */
  cut(): void;
}

/** The least time between two renewals of one link. */
const PAUSE_MS = 1_000;

export function createRenewal() {
  const links = new Set<Renewable>();
  /** When each link was last made anew. Holds only those that have not succeeded since. */
  const moved = new Map<Renewable, number>();

  return {
    /** Adds a link. The returned function removes it. */
    add(link: Renewable): () => void {
      links.add(link);
      return () => {
        links.delete(link);
        moved.delete(link);
      };
    },
    /** The server of this link is no primary. The link is made anew, and again as long as that is so. */
    moved(link: Renewable): void {
      const now = performance.now();
      if (!link.isUp() || now - (moved.get(link) ?? Number.NEGATIVE_INFINITY) < PAUSE_MS) return;
      moved.set(link, now);
      link.cut();
    },
    /**
     * The server of this link took what only a primary takes. If the link was made anew for that, all others are now
     * made anew too: they may still lead to the former primary, which does not refuse everything. Otherwise costs
     * nothing.
     */
    succeeded(link: Renewable): void {
      if (moved.size === 0 || !moved.has(link)) return;
      moved.clear();
      for (const other of links) if (other !== link && other.isUp()) other.cut();
    },
  };
}
