// Makes room for one more feed if there are too many: closes a quiet one.
import type { Feed } from './feed.ts';

/** How many feeds are looked at to find a quiet one. */
const MAX_LOOKS = 16;

/** Closes a quiet feed if there are `max`. Busy ones go to the end of the set. Returns false if it found none. */
export function makeRoom(feeds: Set<Feed>, max: number, close: (quiet: Feed) => void): boolean {
  if (feeds.size < max) return true;
  let looks = 0;
  for (const feed of feeds) {
    if (feed.isQuiet()) {
      close(feed);
      return true;
    }
    looks += 1;
    if (looks === MAX_LOOKS) return false;
    feeds.delete(feed);
    feeds.add(feed);
  }
  return false;
}
