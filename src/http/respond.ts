// Makes every response. Its headers are one plain record, begun when the request arrives. Servers write the record out
// as it is, but would build, check and read a `Headers` object each time.
import type { Answer } from './answer.ts';
import type { HttpContext } from './environment.ts';
import type { Fail } from './failure.ts';

const JSON_TYPE = 'application/json';

/** Sets headers of the answer, whichever it will be. Spell each name in one way: the record is case-sensitive. */
export function setHeaders(c: HttpContext, headers: Readonly<Record<string, string>>): void {
  Object.assign(c.get('headers'), headers);
}

export function respond(c: HttpContext, { status, body, type = JSON_TYPE, headers: others }: Answer): Response {
  const headers = c.get('headers');
  if (others) Object.assign(headers, others);
  headers['Content-Type'] = type;
  return new Response(body, { status, headers });
}

/** Responds without a body, and so without a type. */
export function respondEmpty(c: HttpContext): Response {
  return new Response(null, { status: 204, headers: c.get('headers') });
}

/** Makes the response to anything thrown. */
export type RespondFailure = (error: unknown, c: HttpContext) => Response;

export function createRespondFailure(fail: Fail): RespondFailure {
  return (error, c) => respond(c, fail(error, c.get('requestId')));
}
