// The outermost middleware: the id and the headers that every answer has, its line in the log, its place in the metrics.
import type { MiddlewareHandler } from 'hono';
import type { Logger } from '../../lib/logger.ts';
import type { HttpMetrics } from '../dependencies.ts';
import type { HttpEnvironment } from '../environment.ts';
import type { RespondError } from '../error-response.ts';
import { routePattern } from '../route-pattern.ts';
import { SECURITY_HEADERS } from '../security-headers.ts';

/** What a caller may choose as the id of its request: nothing that could forge a log line. */
const SAFE_ID = /^[\w.-]{1,64}$/;

/** Nobody keeps an answer: what one user gets is for nobody else. Files that may be kept say so themselves. */
const COMMON_HEADERS = { 'Cache-Control': 'no-store', ...SECURITY_HEADERS };

export interface ObserveDependencies {
  readonly logger: Logger;
  readonly metrics: HttpMetrics;
  readonly respondError: RespondError;
}

export function createObserve({
  logger,
  metrics,
  respondError,
}: ObserveDependencies): MiddlewareHandler<HttpEnvironment> {
  return async function observe(c, next) {
    const started = performance.now();
    const given = c.req.header('X-Request-Id');
    const requestId = given !== undefined && SAFE_ID.test(given) ? given : crypto.randomUUID();
    c.set('requestId', requestId);
    // In this order: behind the spread object the id would give each request's headers a shape of their own.
    c.set('headers', { 'X-Request-Id': requestId, ...COMMON_HEADERS });
    try {
      await next();
    } catch (error) {
      // Hono's own handler lets everything through that is no Error.
      c.res = respondError(error, c);
    }
    const milliseconds = performance.now() - started;
    const route = routePattern(c);
    // The method of an unknown route is whatever a client likes to send.
    const method = route === undefined ? 'other' : c.req.method;
    const { status } = c.res;
    metrics.observeRequest(method, route ?? 'unmatched', status, milliseconds / 1000);
    logger.debug({ requestId, method: c.req.method, route: route ?? 'unmatched', status, milliseconds }, 'request');
  };
}
