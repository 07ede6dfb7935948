// Which route a request belongs to, by its pattern: bounded in number, free of ids.
import { matchedRoutes } from 'hono/route';
import type { HttpContext } from './environment.ts';

/** `/api/v1/channels/:id`; undefined where no route has this path and method. */
export function routePattern(c: HttpContext): string | undefined {
  // Middlewares are registered for patterns with a star, routes for patterns without.
  return matchedRoutes(c).find(({ path }) => !path.includes('*'))?.path;
}
