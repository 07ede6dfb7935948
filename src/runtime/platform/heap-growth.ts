// How far V8's old generation may grow before it is collected: by a fifth, but at least by a fixed amount. By default
// V8 lets it grow several times over, and what thousands of handshakes leave behind stays while their connections are
// idle. A fifth of a small heap is so little that storing messages would need a collection every 200 ms, a quarter of
// its cost.
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';

const ROOM_BYTES = 32 << 20;
const LEAST_PERCENT = 20;
/** Smaller differences are not worth telling V8. */
const STEP_PERCENT = 5;

/** Call it after the start, which leaves much behind. V8 uses the percentage at the end of each collection. */
export function limitHeapGrowth(): void {
  let told = 0;
  const tell = () => {
    // Right after a collection, so that this is what lives.
    const percent = Math.max(LEAST_PERCENT, Math.round((100 * ROOM_BYTES) / getHeapStatistics().used_heap_size));
    if (Math.abs(percent - told) < STEP_PERCENT) return;
    told = percent;
    setFlagsFromString(`--heap-growing-percent=${percent}`);
  };
  tell();
  const observer = new PerformanceObserver((list) => {
    if (list.getEntries().some(isMajor)) tell();
  });
  observer.observe({ entryTypes: ['gc'] });
}

function isMajor(entry: PerformanceEntry): boolean {
  const { kind } = (entry as { detail?: { kind?: number } }).detail ?? {};
  return kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}
