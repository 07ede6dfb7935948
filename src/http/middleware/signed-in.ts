// Lets signed-in users through, each within their limit, and puts them on the context.
import type { MiddlewareHandler } from 'hono';
import type { Actor } from '../../chat/accounts/principal.ts';
import type { Principals } from '../../chat/accounts/principals.ts';
import type { Tokens } from '../../chat/accounts/tokens.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { HttpContext, HttpEnvironment } from '../environment.ts';
import { routePattern } from '../route-pattern.ts';
import { assertInTime } from './in-time.ts';
import type { TakePoint } from './limit.ts';

const BEARER = /^Bearer +(\S+)$/i;

export interface SignedInDependencies {
  readonly tokens: Pick<Tokens, 'verify'>;
  readonly principals: Principals;
  readonly take: TakePoint;
  /** The limiter's key of a request that nobody has signed. */
  readonly addressKey: (c: HttpContext) => string;
  /**
   * Methods and patterns of routes that take an actor: their statements find out whether the account is still there, so
   * it is not looked up before. All others have the principal.
   */
  readonly tokenIsEnough: ReadonlySet<string>;
}

/** Throws UNAUTHORIZED, RATE_LIMITED. Whoever has no valid token is counted by address. */
export function createSignedIn({
  tokens,
  principals,
  take,
  addressKey,
  tokenIsEnough,
}: SignedInDependencies): MiddlewareHandler<HttpEnvironment> {
  async function identify(c: HttpContext, route: string): Promise<Actor | undefined> {
    const token = BEARER.exec(c.req.header('Authorization') ?? '')?.[1];
    const claims = token === undefined ? undefined : await tokens.verify(token);
    if (claims === undefined) return undefined;
    if (tokenIsEnough.has(`${c.req.method} ${route}`)) return { id: claims.userId };
    const principal = await principals.load(claims.userId);
    if (principal) c.set('principal', principal);
    c.set('token', claims);
    return principal;
  }

  return async function signedIn(c, next) {
    const route = routePattern(c);
    // What does not exist does not exist for anybody: 404, not 401.
    if (route === undefined) return next();
    const actor = await identify(c, route);
    await take(c, actor ? `user:${actor.id}` : addressKey(c));
    if (!actor) throw new ChatError('UNAUTHORIZED');
    assertInTime(c);
    c.set('actor', actor);
    await next();
  };
}

/** For admins only. Throws FORBIDDEN. */
export const adminOnly: MiddlewareHandler<HttpEnvironment> = async (c, next) => {
  if (!c.get('principal').isAdmin) throw new ChatError('FORBIDDEN');
  await next();
};
