// Which web pages may call. Costs nothing where no page asks; Hono's own makes a response object for every request.
import type { MiddlewareHandler } from 'hono';
import type { HttpContext, HttpEnvironment } from '../environment.ts';
import { respond, setHeader } from '../respond.ts';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const REQUEST_HEADERS = 'Authorization, Content-Type, X-Request-Id';
const EXPOSED_HEADERS = 'X-Request-Id, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After';
const PREFLIGHT_SECONDS = '7200';

export function createCors(origins: readonly string[] | '*'): MiddlewareHandler<HttpEnvironment> {
  const allowed = origins === '*' ? undefined : new Set(origins);

  return async function cors(c, next) {
    const origin = c.req.header('Origin');
    const isAllowed = origin !== undefined && (allowed === undefined || allowed.has(origin));
    if (isAllowed) setHeader(c, 'Access-Control-Allow-Origin', allowed === undefined ? '*' : origin);
    if (allowed !== undefined) setHeader(c, 'Vary', 'Origin');
    if (isPreflight(c)) return answerPreflight(c, isAllowed);
    if (isAllowed) setHeader(c, 'Access-Control-Expose-Headers', EXPOSED_HEADERS);
    await next();
  };
}

function isPreflight(c: HttpContext): boolean {
  return c.req.method === 'OPTIONS' && c.req.header('Access-Control-Request-Method') !== undefined;
}

function answerPreflight(c: HttpContext, isAllowed: boolean): Response {
  if (isAllowed) {
    setHeader(c, 'Access-Control-Allow-Methods', METHODS);
    setHeader(c, 'Access-Control-Allow-Headers', REQUEST_HEADERS);
    setHeader(c, 'Access-Control-Max-Age', PREFLIGHT_SECONDS);
  }
  return respond(c, 204, null);
}
