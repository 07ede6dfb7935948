// What nodes share is chosen by the settings, and readiness has a line for what was chosen.
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { createSilentLogger } from '../../../tests/support/silent-logger.ts';
import type { Config } from '../config/config.ts';
import { createReadiness } from '../readiness.ts';
import { createBackends } from './open-backends.ts';

const deps = { nodeId: 'n1', prefix: 'test:', logger: createSilentLogger() };

async function readinessOf(redis: Config['redis']) {
  const backends = await createBackends({ redis } as Config, deps);
  const readiness = createReadiness({ pings: backends.checks, stopping: () => false });
  const { checks } = await readiness();
  await backends.presence.close();
  await backends.broker.close();
  backends.close();
  return checks;
}

test('one node needs no Redis', async () => {
  expect(await readinessOf(null)).toEqual({ redis: 'not configured' });
});

test('a Redis that is away does not hold the start up, and readiness says so', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  expect(await readinessOf({ nodes: [{ host: '127.0.0.1', port }], cluster: false })).toEqual({ redis: 'unreachable' });
});
