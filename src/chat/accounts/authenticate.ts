// Authenticates a connection: from its token to its user.
import { ChatError } from '../../protocol/errors.ts';
import type { PresentUser, TokenClaims } from './principal.ts';
import type { Principals } from './principals.ts';
import type { Tokens } from './tokens.ts';

/** The user of a connection and its token. Small, because it is kept as long as the connection lasts. */
export interface Identity {
  readonly user: PresentUser;
  /** The connection ends when its token does. */
  readonly token: TokenClaims;
}

/**
 * Throws UNAUTHORIZED if the token is bad or its account is gone, and RATE_LIMITED if too many forged tokens came from
 * this address. `address` is called only for a forged token.
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
    const judged = await tokens.inspect(token);
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
