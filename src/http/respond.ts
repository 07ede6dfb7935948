// Makes every response. Its headers are one plain record, begun when the request comes: servers write that out as it is,
// where a `Headers` object would be built, checked and read again each time.
import type { RateLimitState } from '../backends/rate-limit/rate-limiter.ts';
import type { HttpContext, ResponseHeaders } from './environment.ts';

/** What the platform's responses are made of; null for none. */
type Body = ConstructorParameters<typeof Response>[0];

const JSON_TYPE = 'application/json';

/** Of the answer to this request, whichever it will be. Names in one spelling: the record tells cases apart. */
export function setHeader(c: HttpContext, name: string, value: string): void {
  c.get('headers')[name] = value;
}

export function setHeaders(c: HttpContext, headers: Readonly<ResponseHeaders>): void {
  Object.assign(c.get('headers'), headers);
}

/** `resetAt` in milliseconds since 1970. */
export function setLimitHeaders(c: HttpContext, state: Pick<RateLimitState, 'limit' | 'remaining' | 'resetAt'>): void {
  setHeader(c, 'X-RateLimit-Limit', String(state.limit));
  setHeader(c, 'X-RateLimit-Remaining', String(state.remaining));
  setHeader(c, 'X-RateLimit-Reset', String(Math.ceil(state.resetAt / 1000)));
}

/** `type` is left out where there is no body. */
export function respond(c: HttpContext, status: number, body: Body, type?: string): Response {
  const headers = c.get('headers');
  if (type !== undefined) headers['Content-Type'] = type;
  return new Response(body, { status, headers });
}

export function respondJson(c: HttpContext, status: number, value: unknown): Response {
  return respondJsonText(c, status, JSON.stringify(value));
}

/** For JSON that is text already. */
export function respondJsonText(c: HttpContext, status: number, text: string): Response {
  return respond(c, status, text, JSON_TYPE);
}
