// Gives each request its id, and begins the headers of its answer.
import type { MiddlewareHandler } from 'hono';
import { answerHeaders } from '../answer-headers.ts';
import type { HttpEnvironment } from '../environment.ts';

/** The ids that a caller may choose for its request. None of them can forge a log line. */
const SAFE_ID = /^[\w.-]{1,64}$/;

/** The outermost middleware: all others, and all routes, can rely on what it sets. */
export const beginAnswer: MiddlewareHandler<HttpEnvironment> = (c, next) => {
  const given = c.req.header('X-Request-Id');
  const requestId = given !== undefined && SAFE_ID.test(given) ? given : crypto.randomUUID();
  c.set('requestId', requestId);
  c.set('headers', answerHeaders(requestId));
  return next();
};
