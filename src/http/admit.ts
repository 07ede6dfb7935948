// Admits a call or refuses it: by who calls, by the rate limit, and by the caller's rights.
import type { RateLimiter } from '../backends/rate-limit/rate-limiter.ts';
import type { TokenClaims } from '../chat/accounts/principal.ts';
import { addressKey, limited } from '../chat/limited.ts';
import { ChatError } from '../protocol/errors.ts';
import type { AppDependencies } from './dependencies.ts';
import type { HttpContext } from './environment.ts';
import { addLimitHeaders } from './limit-headers.ts';
import type { Caller, Route } from './route.ts';

const BEARER = /^Bearer +(\S+)$/i;

/** Returns the address of the client. Behind a trusted proxy, it is the one that the proxy has seen. */
type AddressOf = (c: HttpContext) => string;

type AdmitDependencies = Pick<AppDependencies, 'tokens' | 'principals' | 'limiters' | 'clock'> & {
  readonly addressOf: AddressOf;
};

/** Returns what the route learns about the caller. Throws UNAUTHORIZED, RATE_LIMITED or FORBIDDEN. */
export type Admit = (c: HttpContext, route: Pick<Route, 'access' | 'limit'>) => Promise<Caller>;

export function createAdmit({ tokens, principals, limiters, clock, addressOf }: AdmitDependencies): Admit {
  /** Takes one point and sets the limit's headers. */
  async function take(c: HttpContext, limiter: RateLimiter, key: string): Promise<void> {
    const state = await limiter.consume(key);
    addLimitHeaders(c.get('headers'), state);
    if (!state.allowed) throw limited(state, clock.now());
  }

  function verify(c: HttpContext): Promise<TokenClaims | undefined> | undefined {
    const token = BEARER.exec(c.req.header('Authorization') ?? '')?.[1];
    return token === undefined ? undefined : tokens.verify(token);
  }

  /** A caller without a valid token is counted by address. */
  async function identify(c: HttpContext, access: Route['access']): Promise<Caller> {
    const token = await verify(c);
    const isTokenEnough = access === 'token';
    const principal = token === undefined || isTokenEnough ? undefined : await principals.load(token.userId);
    const isKnown = token !== undefined && (isTokenEnough || principal !== undefined);
    if (limiters.general) {
      await take(c, limiters.general, isKnown ? `user:${token.userId}` : addressKey(addressOf(c)));
    }
    if (!isKnown) throw new ChatError('UNAUTHORIZED');
    return principal ? { principal, token } : { actor: { id: token.userId } };
  }

  return async (c, { access, limit = 'general' }) => {
    if (access === 'public') {
      const limiter = limiters[limit];
      if (limiter) await take(c, limiter, addressKey(addressOf(c)));
      return {};
    }
    const caller = await identify(c, access);
    if (access === 'admin' && !caller.principal?.isAdmin) throw new ChatError('FORBIDDEN');
    return caller;
  };
}
