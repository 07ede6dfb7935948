// What operators and their tools ask: does it live, can it work, what does it count.
import { Hono } from 'hono';
import type { AppDependencies } from '../dependencies.ts';
import type { HttpEnvironment } from '../environment.ts';

export type SystemRouteDependencies = Pick<AppDependencies, 'readiness' | 'metrics' | 'clock'>;

export function systemRoutes({ readiness, metrics, clock }: SystemRouteDependencies): Hono<HttpEnvironment> {
  const startedAt = clock.now();

  return new Hono<HttpEnvironment>()
    .get('/health', (c) => {
      const now = clock.now();
      return c.json({ status: 'ok', timestamp: new Date(now).toISOString(), uptime: (now - startedAt) / 1000 });
    })
    .get('/ready', async (c) => {
      const { ok, checks } = await readiness();
      return c.json({ status: ok ? 'ready' : 'unavailable', checks }, ok ? 200 : 503);
    })
    .get('/metrics', async (c) => c.body(await metrics.text(), 200, { 'Content-Type': metrics.contentType }));
}
