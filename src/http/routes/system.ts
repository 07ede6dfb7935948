// Calls for operators and their tools: health, readiness and metrics.
import * as z from 'zod';
import type { AppDependencies } from '../dependencies.ts';
import { defineRoute, type Route, type Routes } from '../route.ts';

const healthSchema = z
  .object({ status: z.literal('ok'), timestamp: z.string().meta({ format: 'date-time' }), uptime: z.number().min(0) })
  .meta({ id: 'Health', examples: [{ status: 'ok', timestamp: '2026-01-01T12:00:00.000Z', uptime: 3600 }] });

const readinessSchema = z
  .object({ status: z.enum(['ready', 'unavailable']), checks: z.record(z.string(), z.string()) })
  .meta({ id: 'Readiness', examples: [{ status: 'ready', checks: { database: 'ok', redis: 'ok' } }] });

function getHealth({ clock }: Pick<AppDependencies, 'clock'>): Route {
  const startedAt = clock.monotonic();
  return defineRoute({
    method: 'GET',
    path: '/health',
    id: 'getHealth',
    tag: 'System',
    summary: 'Check that the process is alive',
    description: 'This check does not contact the database or Redis.',
    access: 'open',
    answers: { 200: ['The process is alive; `uptime` says for how many seconds', healthSchema] },
    run() {
      const timestamp = new Date(clock.now()).toISOString();
      const uptime = (clock.monotonic() - startedAt) / 1000;
      return { status: 200, body: JSON.stringify({ status: 'ok', timestamp, uptime }) };
    },
  });
}

function getReadiness({ readiness }: Pick<AppDependencies, 'readiness'>): Route {
  return defineRoute({
    method: 'GET',
    path: '/ready',
    id: 'getReadiness',
    tag: 'System',
    summary: 'Check that the service is ready',
    description: 'Checks the database and Redis, and returns a result for each of them.',
    access: 'open',
    answers: {
      200: ['The service is ready', readinessSchema],
      503: ['The service is not ready; `checks` says why', readinessSchema],
    },
    async run() {
      const { ok, checks } = await readiness();
      return { status: ok ? 200 : 503, body: JSON.stringify({ status: ok ? 'ready' : 'unavailable', checks }) };
    },
  });
}

function getMetrics({ metrics }: Pick<AppDependencies, 'metrics'>): Route {
  return defineRoute({
    method: 'GET',
    path: '/metrics',
    id: 'getMetrics',
    tag: 'System',
    summary: 'Get metrics',
    description: 'Returns the metrics of the service in the text format of Prometheus.',
    access: 'open',
    answers: { 200: ['The metrics', 'text'] },
    run: async () => ({ status: 200, body: await metrics.text(), type: metrics.contentType }),
  });
}

export const SYSTEM_ROUTES: Routes = [getHealth, getReadiness, getMetrics];
