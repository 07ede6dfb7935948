// Gives the memory back that V8's young generation took in a rush. Once nearly nothing is allocated any more it shrinks
// at its next collection, but only what is allocated brings one about: that may take minutes.
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const LOOK_MS = 8_000;
/** What it has without a rush is not worth a look. */
const WORTH_BYTES = 8 << 20;
/** Allocated since the last look. With more than V8 takes for little it would not shrink. */
const QUIET_BYTES = 4 << 20;

type CollectMinor = (options: { type: 'minor' }) => void;

export function watchYoungGeneration(): void {
  let before = 0;
  let collect: CollectMinor | undefined;
  setInterval(() => {
    const { size, used } = youngGeneration();
    if (size > WORTH_BYTES && Math.abs(used - before) < QUIET_BYTES) {
      collect ??= exposeCollection();
      // The young generation alone: some milliseconds.
      collect({ type: 'minor' });
    }
    before = used;
  }, LOOK_MS).unref();
}

function youngGeneration(): { size: number; used: number } {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  return { size: space?.space_size ?? 0, used: space?.space_used_size ?? 0 };
}

/** Only contexts that are made while the flag is set have the function. Does nothing where V8 has none. */
function exposeCollection(): CollectMinor {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('globalThis.gc') as CollectMinor | undefined;
  setFlagsFromString('--no-expose-gc');
  return gc ?? (() => {});
}
