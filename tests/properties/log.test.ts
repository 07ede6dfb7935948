// Any interleaving of what may happen to logs and their readers, on real nodes and both databases: what was answered is
// stored, and every reader sees what it should, whole, once and in order.
import { afterAll, beforeAll, describe, inject, it, vi } from 'vitest';
import { connectDatabase } from '../../src/database/connect.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { createDatabase } from '../support/postgres.ts';
import { check, TIMEOUT_MS } from './kit/check.ts';
import { anySteps, fairSteps } from './kit/log-steps.ts';
import { runSteps } from './kit/run-steps.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

describe.each(['postgres', 'embedded'] as const)('logs and their readers (%s)', (kind) => {
  let handle: DatabaseHandle;
  let drop = async () => {};

  beforeAll(async () => {
    if (kind === 'embedded') handle = await connectDatabase({ kind, directory: 'memory://' });
    else {
      const database = await createDatabase(inject('postgresUrl'));
      drop = database.drop;
      handle = await connectDatabase({ kind, url: database.url, poolMax: 8, ssl: false });
    }
    await runMigrations(handle, 'migrations');
  });
  afterAll(async () => {
    await handle.close();
    await drop();
  });

  it('are one story whatever is lost, late, doubled, cut, slow, removed or restarted', async () => {
    await check('log', anySteps, kind === 'postgres' ? 60 : 30, (steps) => runSteps(handle, steps, false));
  });

  it('need neither time nor the database where nothing is in the way', async () => {
    await check('fair log', fairSteps, 20, (steps) => runSteps(handle, steps, true));
  });
});
