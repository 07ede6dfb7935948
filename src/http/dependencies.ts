// All dependencies of the REST interface, which creates none of them itself.
import type { Context } from 'hono';
import type { Clock } from '../backends/clock/clock.ts';
import type { RateLimiter } from '../backends/rate-limit/rate-limiter.ts';
import type { Principals } from '../chat/accounts/principals.ts';
import type { Tokens } from '../chat/accounts/tokens.ts';
import type { Announce } from '../chat/announce.ts';
import type { UseCases } from '../chat/use-cases.ts';
import type { PresenceQueries } from '../realtime/presence/queries.ts';
import type { FailDependencies } from './failure.ts';

export interface AppDependencies extends FailDependencies {
  readonly tokens: Pick<Tokens, 'verify'>;
  readonly principals: Principals;
  readonly useCases: UseCases;
  readonly live: PresenceQueries;
  readonly announce: Announce;
  /** `general`: every signed-in call, per user. `auth`: register and login, per address. Null turns one off. */
  readonly limiters: { readonly general: RateLimiter | null; readonly auth: RateLimiter | null };
  /** Checks what the service depends on: a line for each part, and whether all of them answer. */
  readonly readiness: () => Promise<Readiness>;
  readonly metrics: HttpMetrics;
  readonly corsOrigins: readonly string[] | '*';
  /** Whether to take the client's address from `X-Forwarded-For`. */
  readonly trustProxy: boolean;
  readonly maxTextLength: number;
  readonly clock: Clock;
  /** Version of the service, for the published document. */
  readonly version: string;
  /** Returns a file of swagger-ui-dist by its bare name. */
  readonly docsAssets: (name: string) => Promise<DocsAsset | undefined>;
  /** Address of the peer of this request's connection, which may be a proxy. */
  readonly clientAddress: (c: Context) => string;
}

export interface Readiness {
  readonly ok: boolean;
  readonly checks: Readonly<Record<string, string>>;
}

export interface HttpMetrics {
  /** All metrics in Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
  /** Counts one answered request. `route` is its pattern, never its path. */
  observeRequest(method: string, route: string, status: number, seconds: number): void;
}

export interface DocsAsset {
  readonly body: Uint8Array;
  readonly type: string;
}
