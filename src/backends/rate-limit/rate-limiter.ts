// How much a key may still do in the current window, counted once for all nodes.

export interface RateLimitState {
  readonly allowed: boolean;
  /** Points per window. */
  readonly limit: number;
  /** Points left in this window, never negative. */
  readonly remaining: number;
  /** When the window ends: milliseconds since 1970. */
  readonly resetAt: number;
}

export interface RateLimiter {
  /**
   * Takes a point of `key`. A negative number of points gives back what was taken before. If the shared backend is
   * away, counts only on this node: a key may then exceed its limit by the number of nodes, but nothing stops. Never
   * rejects.
   */
  consume(key: string, points?: number): Promise<RateLimitState>;
}

/** A fixed window: `limit` points in `windowMs`, from a key's first point on. */
export interface RateLimitOptions {
  /** Keeps the counts of different limits apart. */
  readonly name: string;
  readonly limit: number;
  readonly windowMs: number;
}
