import { expect, it } from 'vitest';
import { createFakeClock } from '../../src/backends/clock/fake.ts';
import type { RateLimiter } from '../../src/backends/rate-limit/rate-limiter.ts';
import { expectFailure, useHttp } from './http-under-test.ts';

const http = useHttp();
const clock = createFakeClock();
const RESET_IN_MS = 12_300;

/** Lets `limit` calls of each key through. */
function limiter(limit: number): RateLimiter & { readonly keys: string[] } {
  const keys: string[] = [];
  return {
    keys,
    async consume(key) {
      keys.push(key);
      const used = keys.filter((other) => other === key).length;
      return {
        allowed: used <= limit,
        limit,
        remaining: Math.max(0, limit - used),
        resetAt: clock.now() + RESET_IN_MS,
      };
    },
  };
}

function service({ general = 100, auth = 100, trustProxy = false } = {}) {
  const limiters = { general: limiter(general), auth: limiter(auth) };
  return { ...http().with({ limiters, trustProxy, clock }), general: limiters.general.keys, auth: limiters.auth.keys };
}

it('counts each user, and tells what is left with every answer', async () => {
  const [ann, bob] = await http().users();
  const { call, general, auth } = service({ general: 2 });
  const first = await call('GET /api/v1/channels', { as: ann });
  expect(first.headers.get('x-ratelimit-limit')).toBe('2');
  expect(first.headers.get('x-ratelimit-remaining')).toBe('1');
  expect(first.headers.get('x-ratelimit-reset')).toBe(String(Math.ceil((clock.now() + RESET_IN_MS) / 1000)));
  expect(first.headers.has('retry-after')).toBe(false);

  const failed = await call('GET /api/v1/channels/x', { as: ann });
  expectFailure(failed, 400, 'VALIDATION_FAILED');
  expect(failed.headers.get('x-ratelimit-remaining')).toBe('0');

  const refused = await call('GET /api/v1/channels', { as: ann });
  expectFailure(refused, 429, 'RATE_LIMITED');
  expect(refused.headers.get('retry-after')).toBe('13');
  expect(refused.headers.get('x-ratelimit-remaining')).toBe('0');

  expect((await call('GET /api/v1/channels', { as: bob })).status).toBe(200);
  expect(new Set(general)).toEqual(new Set([`user:${ann.id}`, `user:${bob.id}`]));
  expect(auth).toEqual([]);
});

it('counts by address whoever has no good token', async () => {
  const { call, general } = service({ general: 2 });
  expectFailure(await call('GET /api/v1/channels'), 401, 'UNAUTHORIZED');
  const bad = await call('GET /api/v1/channels', { headers: { authorization: 'Bearer bad' } });
  expectFailure(bad, 401, 'UNAUTHORIZED');
  expect(bad.headers.get('x-ratelimit-remaining')).toBe('0');
  expectFailure(await call('GET /api/v1/ws'), 429, 'RATE_LIMITED');
  expectFailure(await call('GET /api/v1/channels'), 429, 'RATE_LIMITED');
  expect(new Set(general)).toEqual(new Set(['address:192.0.2.1']));
});

it('counts registering and signing in by themselves, also where they fail', async () => {
  const { call, general, auth } = service({ auth: 2 });
  const failed = await call('POST /api/v1/auth/login', { raw: '{' });
  expect(failed.headers.get('x-ratelimit-remaining')).toBe('1');
  await call('POST /api/v1/auth/register', { json: {} });
  expectFailure(await call('POST /api/v1/auth/login', { json: {} }), 429, 'RATE_LIMITED');
  expect(auth).toEqual(Array(3).fill('address:192.0.2.1'));
  expect(general).toEqual([]);
});

it.each([
  [false, '203.0.113.7', '192.0.2.1'],
  [true, '203.0.113.7', '203.0.113.7'],
  [true, '198.51.100.1, 203.0.113.7', '203.0.113.7'],
  [true, '203.0.113.7:51234', '203.0.113.7'],
  [true, '::ffff:203.0.113.7', '203.0.113.7'],
  [true, '2001:db8::1', '2001:db8:0:0::/64'],
  [true, '2001:db8::ffff:ffff:ffff:ffff', '2001:db8:0:0::/64'],
  [true, '[2001:db8::1]:51234', '2001:db8:0:0::/64'],
  [true, 'unknown', '192.0.2.1'],
  [true, '', '192.0.2.1'],
])('with TRUST_PROXY %s and X-Forwarded-For "%s" counts %s', async (trustProxy, forwarded, address) => {
  const { call, general } = service({ trustProxy });
  await call('GET /api/v1/channels', { headers: { 'x-forwarded-for': forwarded } });
  expect(general).toEqual([`address:${address}`]);
});

it('limits neither preflights nor what operators and readers of the documents ask', async () => {
  const { call, general, auth } = service({ general: 0, auth: 0 });
  const preflight = { origin: 'https://chat.example', 'access-control-request-method': 'POST' };
  expect((await call('OPTIONS /api/v1/auth/login', { headers: preflight })).status).toBe(204);
  for (const path of ['/health', '/ready', '/metrics', '/docs', '/openapi.json']) {
    const { status, headers } = await call(`GET ${path}`);
    expect([status, headers.has('x-ratelimit-limit')]).toEqual([200, false]);
  }
  expect([...general, ...auth]).toEqual([]);
});

it('sets no headers where the limit is off', async () => {
  const { headers, status } = await http().call('GET /api/v1/channels', { as: await http().chat.user() });
  expect(status).toBe(200);
  expect([...headers.keys()].filter((name) => name.startsWith('x-ratelimit'))).toEqual([]);
});
