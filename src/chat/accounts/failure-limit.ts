// Limits wrong passwords per account, from all addresses. Over the limit, only addresses that signed in before may try.
import type { Clock } from '../../backends/clock/clock.ts';
import type { RateLimiter } from '../../backends/rate-limit/rate-limiter.ts';
import { foldedKey } from '../../database/folded-names.ts';
import { limited } from '../limited.ts';
import type { Digest } from './tokens.ts';

const TOO_MANY = 'Too many wrong passwords for this account: wait, or come from an address that signed in to it before';

export interface FailureLimit {
  /**
   * Runs `verify` for an attempt at the account of this email, whether it exists or not, and returns its result. An
   * attempt counts as wrong until it is right, so that many at once cannot exceed the limit. Over the limit, throws
   * RATE_LIMITED unless the account was signed in to from this address before; then `verify` gets `isLimited`.
   */
  guard(email: string, isKnownAddress: boolean, verify: (isLimited: boolean) => Promise<boolean>): Promise<boolean>;
}

export interface FailureLimitDependencies {
  /** Null: there is no limit. */
  readonly limiter: RateLimiter | null;
  readonly digest: Digest;
  readonly clock: Pick<Clock, 'now'>;
}

export function createFailureLimit({ limiter, digest, clock }: FailureLimitDependencies): FailureLimit {
  if (limiter === null) return { guard: (_email, _isKnown, verify) => verify(false) };
  return {
    async guard(email, isKnownAddress, verify) {
      const key = `account:${digest(foldedKey(email))}`;
      const state = await limiter.consume(key);
      if (!state.allowed && !isKnownAddress) throw limited(state, clock.now(), TOO_MANY);
      let isWrong = false;
      try {
        isWrong = !(await verify(!state.allowed));
        return !isWrong;
      } finally {
        if (!isWrong) await limiter.consume(key, -1);
      }
    },
  };
}
