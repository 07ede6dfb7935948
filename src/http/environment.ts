// What rides on the Hono context of one request, and nothing else.
import type { Context } from 'hono';
import type { Principal } from '../chat/principal.ts';
import type { ResponseHeaders } from './respond.ts';

export interface HttpEnvironment {
  Variables: {
    /** The id in `X-Request-Id`, in every failure body and in the log. */
    requestId: string;
    /** What the answer will carry: see respond.ts. */
    headers: ResponseHeaders;
    /** Who acts. Set on every route below the sign-in. */
    principal: Principal;
  };
}

export type HttpContext = Context<HttpEnvironment>;
