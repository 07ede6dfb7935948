// The metrics of the service, in a registry of its own, in the format of Prometheus.
import { setTimeout } from 'node:timers/promises';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { HttpMetrics } from '../http/dependencies.ts';
import type { HubMetrics } from '../realtime/connections/metrics.ts';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
/** Each sample wakes up the process, so sampling starts with the first request for metrics. */
const LOOP_SAMPLE_MS = 50;
/** A sample is the time between two wakes, so there is one after this time. */
const FIRST_SAMPLE_MS = 3 * LOOP_SAMPLE_MS;

export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  let sampled: Promise<unknown> | undefined;

  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer a REST request, by the pattern of its route.',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers,
  });
  // Counted here and passed on at each request, because the library builds a text of the labels at each step.
  const framesByType = new Map<string, number>();
  new Counter({
    name: 'chat_frames_received_total',
    help: 'Frames that clients sent, by type.',
    labelNames: ['type'],
    registers,
    collect() {
      this.reset();
      for (const [type, count] of framesByType) this.inc({ type }, count);
    },
  });
  const closedByServer = new Counter({
    name: 'chat_connections_closed_total',
    help: 'Connections that the server closed, by close code.',
    labelNames: ['code'],
    registers,
  });
  const batchRows = new Histogram({
    name: 'chat_append_batch_messages',
    help: 'Messages stored by one statement.',
    buckets: ROWS,
    registers,
  });
  const batchSeconds = new Histogram({
    name: 'chat_append_duration_seconds',
    help: 'Time that the storing statement took.',
    buckets: SECONDS,
    registers,
  });

  return {
    http: {
      async text() {
        sampled ??= startSampling(registry);
        await sampled;
        return registry.metrics();
      },
      contentType: registry.contentType,
      observeRequest: (method, route, status, seconds) => requests.observe({ method, route, status }, seconds),
    } satisfies HttpMetrics,
    hub: {
      frameReceived: (type) => framesByType.set(type, (framesByType.get(type) ?? 0) + 1),
      closedByServer: (code) => closedByServer.inc({ code }),
    } satisfies HubMetrics,
    /** One stored batch of messages: for `createAppend`. */
    onBatch(rows: number, milliseconds: number): void {
      batchRows.observe(rows);
      batchSeconds.observe(milliseconds / 1000);
    },
    /** Sets the function that reads the number of open connections when metrics are requested. */
    observeConnections(count: () => number): void {
      new Gauge({
        name: 'chat_connections',
        help: 'Open connections of this node.',
        registers,
        collect() {
          this.set(count());
        },
      });
    },
  };
}

/** Adds metrics of the process and of Node. Resolves when there is a sample of the event loop. */
function startSampling(registry: Registry): Promise<unknown> {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_SAMPLE_MS });
  return setTimeout(FIRST_SAMPLE_MS);
}
