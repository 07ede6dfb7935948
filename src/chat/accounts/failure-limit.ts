// How often a wrong password may be tried for one account, from wherever, before only those are heard who signed in before.
import type { Clock } from '../../backends/clock/clock.ts';
import type { RateLimiter } from '../../backends/rate-limit/rate-limiter.ts';
import { foldedKey } from '../../database/folded-names.ts';
import { limited } from '../limited.ts';
import type { Digest } from './tokens.ts';

const TOO_MANY = 'Too many wrong passwords for this account: wait, or come from an address that signed in to it before';

export interface FailureLimit {
  /**
   * Runs `verify` for an attempt at the account of this email, whether there is one or not, and gives what it gives. An
   * attempt counts as wrong until it is right, so that many at once are not more than the limit. Throws RATE_LIMITED where
   * too many were wrong, but not for who comes from an address that signed in to it before: `verify` is told so.
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
