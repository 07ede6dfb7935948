// Room for one more feed where there are as many as there may be: one that has nothing to do is put away for it.
import type { Feed } from './feed.ts';

/** Feeds that are looked at for one that is quiet. */
const MAX_LOOKS = 16;

/** Puts one of the feeds away if there are `max`. Those that are not quiet go to the end. False if none was found. */
export function makeRoom(feeds: Set<Feed>, max: number, putAway: (quiet: Feed) => void): boolean {
  if (feeds.size < max) return true;
  let looks = 0;
  for (const feed of feeds) {
    if (feed.isQuiet()) {
      putAway(feed);
      return true;
    }
    looks += 1;
    if (looks === MAX_LOOKS) return false;
    feeds.delete(feed);
    feeds.add(feed);
  }
  return false;
}
