import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { ChatError } from '../../src/protocol/errors.ts';
import { expectFailure, ORIGIN, useHttp } from './http-under-test.ts';

const http = useHttp();

it('says that it lives', async () => {
  const { status, body } = await http().call('GET /health');
  expect(status).toBe(200);
  expect(body).toEqual({ status: 'ok', timestamp: expect.stringMatching(/Z$/), uptime: expect.any(Number) });
  expect(Math.abs(Date.parse(body.timestamp) - Date.now())).toBeLessThan(5_000);
  expect(body.uptime).toBeGreaterThanOrEqual(0);
});

it('says what it stands on, and whether that answers', async () => {
  expect(await http().call('GET /ready')).toMatchObject({
    status: 200,
    body: { status: 'ready', checks: { database: 'ok' } },
  });
  const checks = { database: 'ok', redis: 'unreachable' };
  const reply = await http()
    .with({ readiness: async () => ({ ok: false, checks }) })
    .call('GET /ready');
  expect(reply).toMatchObject({ status: 503, body: { status: 'unavailable', checks } });
});

it('gives its metrics as text', async () => {
  const { body, headers } = await http().call('GET /metrics');
  expect(body).toBe('up 1\n');
  expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
});

it.each([
  'GET /',
  'GET /api/v1',
  'GET /api/v1/nothing',
  'GET /API/V1/channels',
  'POST /health',
  'DELETE /api/v1/channels',
  'GET /api/v1/auth/login',
  'PUT /api/v1/messages/1',
  'POST /api/v1/ws',
  'PROPFIND /api/v1/channels',
])('answers %s, which is no route, signed in or out', async (request) => {
  expectFailure(await http().call(request), 404, 'NOT_FOUND');
  expectFailure(await http().call(request, { as: await http().chat.user() }), 404, 'NOT_FOUND');
  for (const observed of http().observed)
    expect(observed).toEqual({ method: 'other', route: 'unmatched', status: 404 });
});

it('answers HEAD like GET, without the body', async () => {
  const reply = await http().call('HEAD /api/v1/channels', { as: await http().chat.user() });
  expect(reply).toMatchObject({ status: 200, body: '' });
});

it('takes the id of a request where it is harmless, and makes one otherwise', async () => {
  const ask = (id: string) => http().call('GET /nothing', { headers: { 'x-request-id': id } });
  const taken = await ask('trace-1.a_B');
  expect(taken.headers.get('x-request-id')).toBe('trace-1.a_B');
  expectFailure(taken, 404, 'NOT_FOUND');
  for (const id of ['', 'two words', '{"a":1}', 'a'.repeat(65)]) {
    const made = (await ask(id)).headers.get('x-request-id');
    expect(made).toMatch(/^[\da-f-]{36}$/);
  }
});

it('logs and counts by the pattern of the route, without query and body', async () => {
  const as = await http().chat.user();
  await http().call('GET /api/v1/channels/123?token=a-secret', { as });
  await http().call('POST /api/v1/messages', { as, json: { receiverId: as.id, text: 'a-secret' } });
  await http().call('POST /api/v1/auth/login', { json: { email: 'x@example.com', password: 'a-secret' } });
  expect(http().observed).toEqual([
    { method: 'GET', route: '/api/v1/channels/:id', status: 404 },
    { method: 'POST', route: '/api/v1/messages', status: 201 },
    { method: 'POST', route: '/api/v1/auth/login', status: 401 },
  ]);
  const requests = http().lines.filter(({ message }) => message === 'request');
  expect(requests.map(({ fields }) => fields)).toMatchObject(http().observed);
  expect(JSON.stringify(http().lines)).not.toContain('a-secret');
});

it('hides a mistake of ours from the client, and tells the log without values', async () => {
  const as = await http().chat.user();
  const chat = http().chat;
  const broken = http().with({
    useCases: {
      ...chat.useCases,
      accounts: {
        ...chat.useCases.accounts,
        search: async (text) => chat.sql(sql`select ${text}::int from users`) as never,
      },
    },
  });
  const reply = await broken.call('GET /api/v1/users/search?username=a-secret', { as });
  expectFailure(reply, 500, 'INTERNAL');
  expect(JSON.stringify(reply.body)).not.toMatch(/select|syntax|a-secret/);
  const [line] = http().lines.filter(({ level }) => level === 'error');
  expect(line?.fields).toMatchObject({ requestId: reply.body.requestId, code: 'INTERNAL', err: expect.any(Error) });
});

it.each([['a text'], [undefined], [null]])('survives %s being thrown', async (thrown) => {
  const live = {
    ...({} as Parameters<ReturnType<typeof http>['with']>[0]['live'] & object),
    stats: () => Promise.reject(thrown),
  };
  const as = await http().chat.user();
  expectFailure(await http().with({ live }).call('GET /api/v1/ws/stats', { as }), 500, 'INTERNAL');
});

it('says that it is unavailable where the database is away', async () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const as = await http().chat.user();
  const failing = (error: Error) => http().with({ principals: { load: () => Promise.reject(error) } });
  expectFailure(await failing(refused).call('GET /api/v1/users/profile', { as }), 503, 'UNAVAILABLE');
  const busy = failing(new ChatError('UNAVAILABLE', undefined, { retryAfterMs: 1500 }));
  const later = await busy.call('GET /api/v1/users/profile', { as });
  expect(later.headers.get('retry-after')).toBe('2');
});

it('lets pages of the listed origins call, and read our headers', async () => {
  const ask = (origin: string) => http().call('GET /health', { headers: { origin } });
  const allowed = await ask(ORIGIN);
  expect(allowed.headers.get('access-control-allow-origin')).toBe(ORIGIN);
  expect(allowed.headers.get('access-control-expose-headers')).toMatch(/X-Request-Id.*X-RateLimit-Limit.*Retry-After/);
  expect(allowed.headers.get('vary')).toBe('Origin');
  const stranger = await ask('https://evil.example');
  expect(stranger).toMatchObject({ status: 200 });
  expect(stranger.headers.has('access-control-allow-origin')).toBe(false);
  const any = await http()
    .with({ corsOrigins: '*' })
    .call('GET /nothing', { headers: { origin: 'https://evil.example' } });
  expect(any.headers.get('access-control-allow-origin')).toBe('*');
  expect(any.headers.has('access-control-allow-credentials')).toBe(false);
});

it('answers a preflight', async () => {
  const headers = {
    origin: ORIGIN,
    'access-control-request-method': 'PATCH',
    'access-control-request-headers': 'authorization',
  };
  const reply = await http().call('OPTIONS /api/v1/messages/1', { headers });
  expect(reply).toMatchObject({ status: 204, body: '' });
  expect(reply.headers.get('access-control-allow-origin')).toBe(ORIGIN);
  expect(reply.headers.get('access-control-allow-methods')).toContain('PATCH');
  expect(reply.headers.get('access-control-allow-headers')).toBe('authorization');
  const stranger = await http().call('OPTIONS /api/v1/messages/1', {
    headers: { ...headers, origin: 'https://evil.example' },
  });
  expect(stranger.status).toBe(204);
  expect(stranger.headers.has('access-control-allow-methods')).toBe(false);
});

it('tells browsers to be careful with every answer', async () => {
  for (const request of ['GET /health', 'GET /nothing', 'GET /docs', 'GET /api/v1/channels']) {
    const { headers } = await http().call(request);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
  }
});

it('serves the page of the documents from its own files', async () => {
  const page = await http().call('GET /docs');
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  const links = [...page.body.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, link]) => link);
  expect(links.length).toBeGreaterThan(3);
  for (const link of links) {
    expect(link).toMatch(/^docs\//);
    expect((await http().call(`GET /${link}`)).status).toBe(200);
  }
  expect(page.body).not.toMatch(/<script>|<style|style=/);
  expect((await http().call('GET /docs/start.js')).body).toContain('openapi.json');
  for (const name of ['package.json', '..%2fpackage.json', 'swagger-ui.js.map', '__proto__']) {
    expectFailure(await http().call(`GET /docs/${name}`), 404, 'NOT_FOUND');
  }
});
