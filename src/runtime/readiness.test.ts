// Readiness answers in bounded time, whatever its parts do.
import { expect, test, vi } from 'vitest';
import { DependencyError } from '../lib/dependency-error.ts';
import { createReadiness } from './readiness.ts';

const running = () => false;

test('all parts answer', async () => {
  const readiness = createReadiness({ pings: { database: async () => {}, redis: async () => {} }, stopping: running });
  expect(await readiness()).toEqual({ ok: true, checks: { database: 'ok', redis: 'ok' } });
});

test('a part that is not there is no fault', async () => {
  const readiness = createReadiness({ pings: { database: async () => {}, redis: undefined }, stopping: running });
  expect(await readiness()).toEqual({ ok: true, checks: { database: 'ok', redis: 'not configured' } });
});

test('a part that fails, without the reason, which may name secrets', async () => {
  const database = () => Promise.reject(new Error('password "x" is wrong'));
  const readiness = createReadiness({ pings: { database, redis: async () => {} }, stopping: running });
  expect(await readiness()).toEqual({ ok: false, checks: { database: 'unreachable', redis: 'ok' } });
});

test('a part that answers but refuses says why', async () => {
  const database = () => Promise.reject(new DependencyError('read-only'));
  const readiness = createReadiness({ pings: { database }, stopping: running });
  expect(await readiness()).toEqual({ ok: false, checks: { database: 'read-only' } });
});

test('a part that hangs is asked once, however many wait, and again once it has answered', async () => {
  let answer = () => {};
  const database = vi.fn(() => new Promise<void>((resolve) => (answer = resolve)));
  const readiness = createReadiness({ pings: { database }, stopping: running, patienceMs: 10 });
  const silent = { ok: false, checks: { database: 'no answer' } };
  expect(await Promise.all([readiness(), readiness()])).toEqual([silent, silent]);
  expect(await readiness()).toEqual(silent);
  expect(database).toHaveBeenCalledTimes(1);
  const late = readiness();
  answer();
  expect((await late).ok).toBe(true);
  const next = readiness();
  expect(database).toHaveBeenCalledTimes(2);
  answer();
  expect((await next).ok).toBe(true);
});

test('a service that stops is not ready', async () => {
  const readiness = createReadiness({ pings: { database: async () => {} }, stopping: () => true });
  expect(await readiness()).toEqual({ ok: false, checks: { database: 'ok', service: 'stopping' } });
});
