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
   * Tries what the service needs of them. Rejects if they are away, or with a DependencyError that says what they
   * refuse.
   */
  check(): Promise<void>;
  /** Closes the remaining links, after broker and presence were closed. */
  close(): void;
}

export interface BackendsDependencies {
  readonly nodeId: string;
  /** The beginning of all keys and channels in Redis. No other deployment may use it. */
  readonly prefix: string;
  readonly logger: Logger;
}
