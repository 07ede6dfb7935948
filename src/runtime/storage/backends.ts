// What nodes share: broker, presence and rate limits.
import type { Broker } from '../../backends/broker/broker.ts';
import type { PresenceStore } from '../../backends/presence/presence-store.ts';
import type { RateLimiter, RateLimitOptions } from '../../backends/rate-limit/rate-limiter.ts';
import type { Logger } from '../../lib/logger.ts';

export interface Backends {
  readonly broker: Broker;
  readonly presence: PresenceStore;
  createRateLimiter(options: RateLimitOptions): RateLimiter;
  /** Does what the service needs of them. Rejects where they are away, or with a DependencyError that says what they refuse. */
  check(): Promise<void>;
  /** Ends what is left of the links, after broker and presence were closed. */
  close(): void;
}

export interface BackendsDependencies {
  readonly nodeId: string;
  /** What all keys and channels in Redis begin with: no other deployment may use it. */
  readonly prefix: string;
  readonly logger: Logger;
}
