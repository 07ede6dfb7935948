// Limits the frames of one connection: one token bucket for the rate, and a count of refusals that detects floods.

export type Verdict = 'allowed' | 'limited' | 'flood';

/** Frames refused in a row of bursts before the connection is closed, as a multiple of the burst. */
const FLOOD_BURSTS = 2;

export class FrameBudget {
  private readonly perSecond: number;
  private readonly burst: number;
  private tokens: number;
  private refused = 0;
  private refilledAt: number;

  /** Allows `perSecond` frames on average and twice that at once; 0 allows everything. `now` in ms. */
  constructor(perSecond: number, now: number) {
    this.perSecond = perSecond;
    this.burst = perSecond * 2;
    this.tokens = this.burst;
    this.refilledAt = now;
  }

  /** Counts one frame. */
  take(now: number): Verdict {
    if (this.perSecond === 0) return 'allowed';
    const refill = (Math.max(0, now - this.refilledAt) / 1000) * this.perSecond;
    this.refilledAt = now;
    this.tokens = Math.min(this.burst, this.tokens + refill);
    this.refused = Math.max(0, this.refused - refill);
    if (this.tokens >= 1) {
      this.tokens -= 1;
      return 'allowed';
    }
    this.refused += 1;
    return this.refused > this.burst * FLOOD_BURSTS ? 'flood' : 'limited';
  }

  /** Milliseconds until the next frame is allowed. */
  retryAfterMs(): number {
    return Math.ceil((Math.max(0, 1 - this.tokens) / this.perSecond) * 1000);
  }
}
