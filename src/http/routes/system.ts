// What operators and their tools ask: does it live, can it work, what does it count.
import { Hono } from 'hono';
import type { AppDependencies } from '../dependencies.ts';
import type { HttpEnvironment } from '../environment.ts';
import { respond, respondJson } from '../respond.ts';

export type SystemRouteDependencies = Pick<AppDependencies, 'readiness' | 'metrics' | 'clock'>;

export function systemRoutes({ readiness, metrics, clock }: SystemRouteDependencies): Hono<HttpEnvironment> {
  const startedAt = clock.monotonic();

  return new Hono<HttpEnvironment>()
    .get('/health', (c) => {
      const timestamp = new Date(clock.now()).toISOString();
      return respondJson(c, 200, { status: 'ok', timestamp, uptime: (clock.monotonic() - startedAt) / 1000 });
    })
    .get('/ready', async (c) => {
      const { ok, checks } = await readiness();
      return respondJson(c, ok ? 200 : 503, { status: ok ? 'ready' : 'unavailable', checks });
    })
    .get('/metrics', async (c) => respond(c, 200, await metrics.text(), metrics.contentType));
}
