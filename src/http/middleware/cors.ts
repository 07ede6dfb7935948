// Says which web pages may call. Hono's own middleware would make a response object for every request.
import type { MiddlewareHandler } from 'hono';
import { type AllowedOrigins, createCors } from '../../lib/cors.ts';
import type { HttpContext, HttpEnvironment } from '../environment.ts';
import { respondEmpty, setHeaders } from '../respond.ts';

const EXPOSED = ['X-Request-Id', 'X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset', 'Retry-After'];

/** Every answer carries the headers, even a failure. A preflight is answered for every path, even an unknown one. */
export function createCorsMiddleware(origins: AllowedOrigins): MiddlewareHandler<HttpEnvironment> {
  const cors = createCors(origins, EXPOSED);

  return function corsHeaders(c, next) {
    const origin = c.req.header('Origin');
    if (isPreflight(c)) {
      setHeaders(c, cors.preflight(origin, c.req.header('Access-Control-Request-Headers')));
      return Promise.resolve(respondEmpty(c));
    }
    setHeaders(c, cors.answer(origin));
    return next();
  };
}

function isPreflight(c: HttpContext): boolean {
  return c.req.method === 'OPTIONS' && c.req.header('Access-Control-Request-Method') !== undefined;
}
