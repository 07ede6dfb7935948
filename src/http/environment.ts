// What rides on the Hono context of one request, and nothing else.
import type { Context } from 'hono';
import type { Actor, Principal, TokenClaims } from '../chat/accounts/principal.ts';
import type { CallTime } from './call-time.ts';

/** Of one answer, by name. */
export type ResponseHeaders = Record<string, string>;

export interface HttpEnvironment {
  Variables: {
    /** The id in `X-Request-Id`, in every failure body and in the log. */
    requestId: string;
    /** What the answer will carry: see respond.ts. */
    headers: ResponseHeaders;
    /** What is left of the time for the answer. */
    time: CallTime;
    /** Whom the token names. Set on every route below the sign-in. */
    actor: Actor;
    /** What the token says, on routes that have the principal. */
    token: TokenClaims;
    /** The account behind the token, where the route has asked for it: see middleware/signed-in.ts. */
    principal: Principal;
  };
}

export type HttpContext = Context<HttpEnvironment>;
