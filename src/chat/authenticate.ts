// From a token to the user who acts.
import { ChatError } from '../protocol/errors.ts';
import type { Principal } from './principal.ts';
import type { Principals } from './principals.ts';
import type { Tokens } from './tokens.ts';

export interface Identity {
  readonly principal: Principal;
  /** When the token ends: milliseconds since 1970; Infinity where it says none. */
  readonly expiresAt: number;
}

/** Throws UNAUTHORIZED for a bad token and for that of an account that is gone. */
export type Authenticate = (token: string) => Promise<Identity>;

export function createAuthenticate({ tokens, principals }: { tokens: Tokens; principals: Principals }): Authenticate {
  return async (token) => {
    const claims = await tokens.verify(token);
    const principal = claims && (await principals.load(claims.userId));
    if (!principal) throw new ChatError('UNAUTHORIZED');
    return { principal, expiresAt: claims.expiresAt };
  };
}
