// Makes every response. Its headers are one plain record, begun when the request comes: servers write that out as it is,
// where a `Headers` object would be built, checked and read again each time.
import type { Answer } from './answer.ts';
import type { HttpContext } from './environment.ts';
import type { Fail } from './failure.ts';

const JSON_TYPE = 'application/json';

/** Of the answer to this request, whichever it will be. Names in one spelling: the record tells cases apart. */
export function setHeaders(c: HttpContext, headers: Readonly<Record<string, string>>): void {
  Object.assign(c.get('headers'), headers);
}

export function respond(c: HttpContext, { status, body, type = JSON_TYPE, headers: others }: Answer): Response {
  const headers = c.get('headers');
  if (others) Object.assign(headers, others);
  headers['Content-Type'] = type;
  return new Response(body, { status, headers });
}

/** Without a body, and so without a type. */
export function respondEmpty(c: HttpContext): Response {
  return new Response(null, { status: 204, headers: c.get('headers') });
}

/** For anything thrown. */
export type RespondFailure = (error: unknown, c: HttpContext) => Response;

export function createRespondFailure(fail: Fail): RespondFailure {
  return (error, c) => respond(c, fail(error, c.get('requestId')));
}
