// REST without a server of ours: the fetch handler called directly, and mounted on the servers of Deno and Bun.
import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type RuntimeName, runtimePath } from '../../scripts/runtime.mjs';
import { readConfig } from '../../src/runtime/config/config.ts';
import { openRestOnly, type RestOnly } from '../../src/runtime/rest-only.ts';
import { createDatabase } from '../support/postgres.ts';
import { freePort } from '../support/server-process.ts';
import { createSilentLogger } from '../support/silent-logger.ts';

type Fetch = (request: Request) => Promise<Response>;

let database: Awaited<ReturnType<typeof createDatabase>>;
let rest: RestOnly;

beforeAll(async () => {
  database = await createDatabase(inject('postgresUrl'));
  rest = await openRestOnly(readConfig(settings()), { logger: createSilentLogger() });
});
afterAll(async () => {
  await rest.close();
  await database.drop();
});

function settings(): Record<string, string> {
  const limits = { RATE_LIMIT_MAX_REQUESTS: '3', AUTH_RATE_LIMIT_MAX_REQUESTS: '2' };
  return { DATABASE_URL: database.url, MIGRATE_ON_START: 'true', JWT_SECRET: 'for this test', ...limits };
}

/** Two people talk; everything comes back as from the service itself. */
async function talk(fetch: Fetch, base: string, name: string): Promise<void> {
  const call = async (method: string, path: string, token?: string, body?: object) => {
    const headers = { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) };
    const response = await fetch(
      new Request(`${base}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) }),
    );
    // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
    return { status: response.status, headers: response.headers, body: (await response.json()) as any };
  };
  const register = (username: string) =>
    call('POST', '/api/v1/auth/register', undefined, {
      username,
      email: `${username}@example.org`,
      password: 'four at tea',
    });

  const ann = (await register(`${name}-ann`)).body.data;
  const bob = (await register(`${name}-bob`)).body.data;
  const channel = await call('POST', '/api/v1/channels', ann.token, {
    type: 'group',
    name: 'Tea',
    userIds: [bob.user.id],
  });
  expect(channel.status).toBe(201);
  const channelId = channel.body.data.id;
  const sent = await call('POST', '/api/v1/messages', ann.token, { channelId, text: 'hello' });
  expect(sent).toMatchObject({ status: 201, body: { data: { seq: 1, text: 'hello' } } });
  const history = await call('GET', `/api/v1/messages/channel/${channelId}`, bob.token);
  expect(history.body.data).toEqual([sent.body.data]);
  expect(await call('GET', '/ready')).toMatchObject({ status: 200 });
  expect(await call('GET', '/api/v1/ws')).toMatchObject({ status: 426, body: { code: 'UPGRADE_REQUIRED' } });
  expect(await call('GET', '/nowhere')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  expect(await register(`${name}-eve`)).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
}

test('the handler alone answers requests', async () => {
  await talk((request) => rest.fetch(request), 'http://chat.example', 'alone');
});

test('addresses that the server hands over are counted apart', async () => {
  const login = (hostname: string) => {
    const body = JSON.stringify({ email: 'nobody@example.org', password: 'nothing' });
    const headers = { 'Content-Type': 'application/json' };
    const request = new Request('http://chat.example/api/v1/auth/login', { method: 'POST', headers, body });
    return rest.fetch(request, { remoteAddr: { hostname } }).then(({ status }) => status);
  };
  expect([await login('192.0.2.7'), await login('192.0.2.7'), await login('192.0.2.7')]).toEqual([401, 401, 429]);
  expect(await login('192.0.2.8')).toBe(401);
});

describe('mounted on another server', () => {
  const permissions = [
    '--allow-net',
    '--allow-env',
    '--allow-read=.,/usr/bin/ldd',
    '--allow-ffi=./node_modules',
    '--allow-sys=hostname',
  ];

  test.each<[RuntimeName, (port: number) => string[]]>([
    ['deno', (port) => ['serve', '--no-prompt', ...permissions, '--host=127.0.0.1', `--port=${port}`]],
    ['bun', () => []],
  ])(
    '%s',
    async (runtime, options) => {
      const port = await freePort();
      const env = { PATH: process.env.PATH, HOME: process.env.HOME, HOST: '127.0.0.1', PORT: `${port}`, ...settings() };
      const args = [...options(port), 'examples/rest-only.ts'];
      const server = spawn(runtimePath(runtime), args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
      try {
        const base = `http://127.0.0.1:${port}`;
        await answers(base, server);
        await talk(fetch, base, runtime);
      } finally {
        server.kill('SIGKILL');
      }
    },
    120_000,
  );
});

/** Resolves at the first answer; rejects with its output where the server ends before. */
async function answers(base: string, server: ChildProcess): Promise<void> {
  let output = '';
  for (const stream of [server.stdout, server.stderr]) stream?.on('data', (chunk) => (output += chunk));
  for (;;) {
    if (server.exitCode !== null) throw new Error(`The server ended with ${server.exitCode}: ${output}`);
    const isUp = await fetch(`${base}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
