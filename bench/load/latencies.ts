// Times in a histogram: a hundred thousand a second need no more memory, and no sorting at the end.

const STEP_MS = 0.02;
const LONGEST_MS = 10_000;

export class Latencies {
  private readonly counts = new Uint32Array(LONGEST_MS / STEP_MS + 1);
  private total = 0;

  note(ms: number): void {
    const step = Math.min(this.counts.length - 1, Math.max(0, Math.round(ms / STEP_MS)));
    this.counts[step] = (this.counts[step] as number) + 1;
    this.total += 1;
  }

  clear(): void {
    this.counts.fill(0);
    this.total = 0;
  }

  /** The time in ms that this share of them did not exceed. NaN if there are none. */
  at(share: number): number {
    let left = Math.ceil(share * this.total);
    if (left === 0) return Number.NaN;
    for (let step = 0; step < this.counts.length; step++) {
      left -= this.counts[step] as number;
      if (left <= 0) return step * STEP_MS;
    }
    return LONGEST_MS;
  }
}
