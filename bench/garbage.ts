// What this process allocates, and how much of it survives the young generation, counted at V8's own collections.
import { GCProfiler, type GCProfilerResult } from 'node:v8';

export interface Garbage {
  readonly allocatedBytes: number;
  /** What collections of the young generation moved to the old one: its cost is that of copying it twice. */
  readonly survivedBytes: number;
}

type Collection = GCProfilerResult['statistics'][number];
type Heap = Collection['beforeGC'];

/** Each call of the returned function returns what happened since the one before. */
export function countGarbage(): () => Garbage {
  let profiler = start();
  return () => {
    const { statistics } = profiler.stop() ?? { statistics: [] };
    profiler = start();
    const scavenges = statistics.filter(({ gcType }) => gcType === 'Scavenge');
    return {
      allocatedBytes: sum(
        statistics.map((one, at) => used(one.beforeGC) - used(statistics[at - 1]?.afterGC ?? one.beforeGC)),
      ),
      survivedBytes: sum(scavenges.map(({ beforeGC, afterGC }) => old(afterGC) - old(beforeGC))),
    };
  };
}

function start(): GCProfiler {
  const profiler = new GCProfiler();
  profiler.start();
  return profiler;
}

function used({ heapStatistics }: Heap): number {
  return heapStatistics.usedHeapSize;
}

function old({ heapSpaceStatistics }: Heap): number {
  return heapSpaceStatistics.find(({ spaceName }) => spaceName === 'old_space')?.spaceUsedSize ?? 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
