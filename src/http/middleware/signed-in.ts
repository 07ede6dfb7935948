// Lets signed-in users through, each within their limit, and puts them on the context.
import type { MiddlewareHandler } from 'hono';
import type { Authenticate, Identity } from '../../chat/authenticate.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { HttpContext, HttpEnvironment } from '../environment.ts';
import { routePattern } from '../route-pattern.ts';
import type { TakePoint } from './limit.ts';

const BEARER = /^Bearer +(\S+)$/i;

export interface SignedInDependencies {
  readonly authenticate: Authenticate;
  readonly take: TakePoint;
  /** The limiter's key of a request that nobody has signed. */
  readonly addressKey: (c: HttpContext) => string;
}

/** Throws UNAUTHORIZED, RATE_LIMITED. Whoever has no valid token is counted by address. */
export function createSignedIn({
  authenticate,
  take,
  addressKey,
}: SignedInDependencies): MiddlewareHandler<HttpEnvironment> {
  async function identify(c: HttpContext): Promise<Identity> {
    try {
      const token = BEARER.exec(c.req.header('Authorization') ?? '')?.[1];
      if (token === undefined) throw new ChatError('UNAUTHORIZED');
      return await authenticate(token);
    } catch (error) {
      if (error instanceof ChatError && error.code === 'UNAUTHORIZED') await take(c, addressKey(c));
      throw error;
    }
  }

  return async function signedIn(c, next) {
    // What does not exist does not exist for anybody: 404, not 401.
    if (routePattern(c) === undefined) return next();
    const { principal } = await identify(c);
    await take(c, `user:${principal.id}`);
    c.set('principal', principal);
    await next();
  };
}

/** For admins only. Throws FORBIDDEN. */
export const adminOnly: MiddlewareHandler<HttpEnvironment> = async (c, next) => {
  if (!c.get('principal').isAdmin) throw new ChatError('FORBIDDEN');
  await next();
};
