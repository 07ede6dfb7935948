// What nodes share: broker, presence and rate limits.
import type { Broker } from '../../backends/broker/broker.ts';
import type { PresenceStore } from '../../backends/presence/presence-store.ts';
import type { RateLimiter, RateLimitOptions } from '../../backends/rate-limit/rate-limiter.ts';
import type { Logger } from '../../lib/logger.ts';

export interface Backends {
  readonly broker: Broker;
  readonly presence: PresenceStore;
  createRateLimiter(options: RateLimitOptions): RateLimiter;
  /**
   * By the name that readiness has for it: tries whether something that the parts stand on is there. Rejects if it is
   * away, or with a DependencyError that says what it refuses. Undefined if it is not configured.
   */
  readonly checks: Readonly<Record<string, (() => Promise<void>) | undefined>>;
  /** Closes the remaining links, after broker and presence were closed. */
  close(): void;
}

export interface BackendsDependencies {
  readonly nodeId: string;
  /** The beginning of all keys and channels in Redis. No other deployment may use it. */
  readonly prefix: string;
  readonly logger: Logger;
}
