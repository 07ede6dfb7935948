// Logs and counts every request when it is answered.
import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { AppDependencies } from '../dependencies.ts';
import type { HttpContext, HttpEnvironment } from '../environment.ts';

type ObserveDependencies = Pick<AppDependencies, 'logger' | 'metrics'>;

export function createObserve({ logger, metrics }: ObserveDependencies): MiddlewareHandler<HttpEnvironment> {
  return async function observe(c, next) {
    const started = performance.now();
    await next();
    const milliseconds = performance.now() - started;
    const route = routePattern(c);
    // If the route is unknown, the method can be anything that a client makes up.
    const method = route === undefined ? 'other' : c.req.method;
    const { status } = c.res;
    metrics.observeRequest(method, route ?? 'unmatched', status, milliseconds / 1000);
    const requestId = c.get('requestId');
    logger.debug({ requestId, method: c.req.method, route: route ?? 'unmatched', status, milliseconds }, 'request');
  };
}

/** Returns `/api/v1/channels/:id`, without ids, so patterns are few. Returns undefined if no route matches. */
function routePattern(c: HttpContext): string | undefined {
  // The patterns of middlewares have a star, and those of routes do not.
  return matchedRoutes(c).find(({ path }) => !path.includes('*'))?.path;
}
