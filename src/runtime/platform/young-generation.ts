// Gives back the memory that V8's young generation took in a rush. After the rush it shrinks at its next collection,
// but only allocations trigger one: that may take minutes.
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const LOOK_MS = 8_000;
/** Without a rush it is smaller than this, and not worth a look. */
const WORTH_BYTES = 8 << 20;
/** Allocated since the last look. If there is more, V8 does not count it as little, and would not shrink. */
const QUIET_BYTES = 4 << 20;

type CollectMinor = (options: { type: 'minor' }) => void;

export function watchYoungGeneration(): void {
  let before = 0;
  let collect: CollectMinor | undefined;
  setInterval(() => {
    const { size, used } = youngGeneration();
    if (size > WORTH_BYTES && Math.abs(used - before) < QUIET_BYTES) {
      collect ??= exposeCollection();
      // Only the young generation: some milliseconds.
      collect({ type: 'minor' });
    }
    before = used;
  }, LOOK_MS).unref();
}

function youngGeneration(): { size: number; used: number } {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  return { size: space?.space_size ?? 0, used: space?.space_used_size ?? 0 };
}

/** Only contexts created while the flag is set have the function. Does nothing if V8 has none. */
function exposeCollection(): CollectMinor {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('globalThis.gc') as CollectMinor | undefined;
  setFlagsFromString('--no-expose-gc');
  return gc ?? (() => {});
}
