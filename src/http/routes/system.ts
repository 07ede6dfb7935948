// What operators and their tools ask: does it live, can it work, what does it count.
import { Hono } from 'hono';
import * as z from 'zod';
import type { AppDependencies } from '../dependencies.ts';
import { describe } from '../describe.ts';
import type { HttpEnvironment } from '../environment.ts';
import { respond, respondJson } from '../respond.ts';

export type SystemRouteDependencies = Pick<AppDependencies, 'readiness' | 'metrics' | 'clock'>;

export function systemRoutes({ readiness, metrics, clock }: SystemRouteDependencies): Hono<HttpEnvironment> {
  const startedAt = clock.monotonic();

  return new Hono<HttpEnvironment>()
    .get('/health', getHealth, (c) => {
      const timestamp = new Date(clock.now()).toISOString();
      return respondJson(c, 200, { status: 'ok', timestamp, uptime: (clock.monotonic() - startedAt) / 1000 });
    })
    .get('/ready', getReadiness, async (c) => {
      const { ok, checks } = await readiness();
      return respondJson(c, ok ? 200 : 503, { status: ok ? 'ready' : 'unavailable', checks });
    })
    .get('/metrics', getMetrics, async (c) => respond(c, 200, await metrics.text(), metrics.contentType));
}

const tag = 'System';
const access = 'open';

const healthSchema = z
  .object({ status: z.literal('ok'), timestamp: z.string().meta({ format: 'date-time' }), uptime: z.number().min(0) })
  .meta({ id: 'Health', examples: [{ status: 'ok', timestamp: '2026-01-01T12:00:00.000Z', uptime: 3600 }] });

const readinessSchema = z
  .object({ status: z.enum(['ready', 'unavailable']), checks: z.record(z.string(), z.string()) })
  .meta({ id: 'Readiness', examples: [{ status: 'ready', checks: { database: 'ok', redis: 'ok' } }] });

const getHealth = describe({
  id: 'getHealth',
  tag,
  access,
  summary: 'Whether the process lives',
  description: 'Asks nothing that the service stands on.',
  answers: { 200: ['It lives, for so many seconds', healthSchema] },
});

const getReadiness = describe({
  id: 'getReadiness',
  tag,
  access,
  summary: 'Whether the service can work',
  description: 'Asks the database and Redis: a line for each.',
  answers: { 200: ['It can', readinessSchema], 503: ['It cannot: `checks` says why', readinessSchema] },
});

const getMetrics = describe({
  id: 'getMetrics',
  tag,
  access,
  summary: 'What the service counts',
  description: 'In the text format of Prometheus.',
  answers: { 200: ['The metrics', 'text'] },
});
