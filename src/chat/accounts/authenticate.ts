// From a token to whose the connection is that came by it.
import { ChatError } from '../../protocol/errors.ts';
import type { PresentUser, TokenClaims } from './principal.ts';
import type { Principals } from './principals.ts';
import type { Tokens } from './tokens.ts';

/** Whose a connection is, and until when: no more of the account than it needs, for it is kept as long as it lasts. */
export interface Identity {
  readonly user: PresentUser;
  /** What the connection came by: it ends with it. */
  readonly token: TokenClaims;
}

/**
 * Throws UNAUTHORIZED for a bad token and for that of an account that is gone, RATE_LIMITED where too many forged ones
 * came from this address, which is asked for only then.
 */
export type Authenticate = (token: string, address: () => string) => Promise<Identity>;

export interface AuthenticateDependencies {
  readonly tokens: Tokens;
  readonly principals: Principals;
  /** Counts a token that none of our secrets signed. Throws RATE_LIMITED. */
  readonly countForged: (address: string) => Promise<void>;
}

export function createAuthenticate({ tokens, principals, countForged }: AuthenticateDependencies): Authenticate {
  return async (token, address) => {
    const judged = await tokens.judge(token);
    if (!judged.claims) {
      if (judged.isForged) await countForged(address());
      throw new ChatError('UNAUTHORIZED');
    }
    const principal = await principals.load(judged.claims.userId);
    // The token may have been ended while the account was looked up.
    if (!principal || !(await tokens.verify(token))) throw new ChatError('UNAUTHORIZED');
    return { user: { id: principal.id, username: principal.username }, token: judged.claims };
  };
}
