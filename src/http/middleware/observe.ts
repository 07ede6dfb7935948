// What is known of every request when it is answered: its line in the log, its place in the metrics.
import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Logger } from '../../lib/logger.ts';
import type { HttpMetrics } from '../dependencies.ts';
import type { HttpContext, HttpEnvironment } from '../environment.ts';

export interface ObserveDependencies {
  readonly logger: Logger;
  readonly metrics: HttpMetrics;
}

export function createObserve({ logger, metrics }: ObserveDependencies): MiddlewareHandler<HttpEnvironment> {
  return async function observe(c, next) {
    const started = performance.now();
    await next();
    const milliseconds = performance.now() - started;
    const route = routePattern(c);
    // The method of an unknown route is whatever a client likes to send.
    const method = route === undefined ? 'other' : c.req.method;
    const { status } = c.res;
    metrics.observeRequest(method, route ?? 'unmatched', status, milliseconds / 1000);
    const requestId = c.get('requestId');
    logger.debug({ requestId, method: c.req.method, route: route ?? 'unmatched', status, milliseconds }, 'request');
  };
}

/** `/api/v1/channels/:id`: bounded in number, free of ids. Undefined if no route has this path and method. */
function routePattern(c: HttpContext): string | undefined {
  // Middlewares are registered for patterns with a star, routes for patterns without.
  return matchedRoutes(c).find(({ path }) => !path.includes('*'))?.path;
}
