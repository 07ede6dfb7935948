// Web pages: what their browsers let them read of the answers, and which of them may open a connection.
import { describe, expect, test } from 'vitest';
import { ORIGIN, type Service, type Target, withService } from '../../support/service-under-test.ts';
import { sendLines } from './kit/bytes.ts';
import { cast } from './kit/people.ts';
import { expectFailure, send } from './kit/rest.ts';

const OTHER = 'http://evil.example';
const JSON_TYPE = 'application/json';

/** A request of each kind of answer. */
const ANSWERS: readonly [number, string, string, string?][] = [
  [200, 'GET', '/health'],
  [200, 'GET', '/openapi.json'],
  [401, 'GET', '/api/v1/users/profile'],
  [401, 'GET', '/api/v1/channels'],
  [404, 'GET', '/nothing'],
  [404, 'DELETE', '/api/v1/nothing'],
  [400, 'POST', '/api/v1/auth/login', '{'],
  [413, 'POST', '/api/v1/auth/login', `"${'x'.repeat(400_000)}"`],
  [426, 'GET', '/api/v1/ws'],
];

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** Origins that `ORIGIN` is only a part of, or that differ from it by little. */
const STRANGERS = [
  ...[`${ORIGIN}.evil.example`, `${ORIGIN}:81`, `${ORIGIN}/`, ORIGIN.replace('http:', 'https:')],
  ...['http://other.app.example', 'null', '*'],
];

const corsOf = (headers: Headers) => [...headers.keys()].filter((name) => name.startsWith('access-control-'));

const PATHS = ['/', '/health', '/nothing', '/api/v1/messages', '/api/v1/channels/1/user', '/api/v1/nothing', '/docs/x'];

export function pagesSuite(target: Target): void {
  describe('pages of a listed origin', () => {
    const service = withService(target, { RATE_LIMIT_MAX_REQUESTS: '200', AUTH_RATE_LIMIT_MAX_REQUESTS: '200' });
    const people = cast(service, 'ann');

    const ask = (origin: string, method: string, path: string, body?: string) =>
      send(`${service.url(0)}${path}`, {
        method,
        headers: { origin, ...(body !== undefined && { 'content-type': JSON_TYPE }) },
        ...(body !== undefined && { body }),
      });

    test.each(ANSWERS)('read an answer of %i to %s %s', async (status, method, path, body) => {
      const reply = await ask(ORIGIN, method, path, body);
      const { headers } = reply;
      expect(reply.status).toBe(status);
      expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
      expect(headers.get('access-control-allow-credentials')).toBe('true');
      expect(headers.get('vary')).toBe('Origin');
      const exposed = headers.get('access-control-expose-headers')?.split(', ');
      expect(exposed).toEqual(expect.arrayContaining(['X-Request-Id', 'X-RateLimit-Remaining', 'Retry-After']));
    });

    test.each(ANSWERS)('and no others read one of %i to %s %s', async (status, method, path, body) => {
      const reply = await ask(OTHER, method, path, body);
      const { headers } = reply;
      expect(reply.status).toBe(status);
      expect(corsOf(headers)).toEqual([]);
      expect(headers.get('vary')).toBe('Origin');
    });

    test.each(STRANGERS)('nor does %s, though it looks like a listed one', async (origin) => {
      const replies = [await ask(origin, 'GET', '/health'), await preflight(origin, '/api/v1/messages', 'x-a')];
      for (const { headers } of replies) expect(corsOf(headers)).toEqual([]);
    });

    const preflight = (origin: string, path: string, headers?: string, method = 'PUT') =>
      send(`${service.url(0)}${path}`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': method,
          ...(headers !== undefined && { 'access-control-request-headers': headers }),
        },
      });

    test.each(PATHS)('may send any header to %s', async (path) => {
      for (const asked of ['authorization,content-type', 'x-former-client, x-csrf-token, authorization']) {
        const { status, headers } = await preflight(ORIGIN, path, asked);
        expect(status).toBe(204);
        expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
        expect(headers.get('access-control-allow-credentials')).toBe('true');
        expect(headers.get('access-control-allow-headers')).toBe(asked);
        expect(headers.get('access-control-allow-methods')?.split(', ')).toEqual(
          expect.arrayContaining(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
        );
        expect(headers.get('vary')).toBe('Origin, Access-Control-Request-Headers');
      }
      expect((await preflight(ORIGIN, path)).headers.get('access-control-allow-headers')).toContain('Authorization');
      const refused = await preflight(OTHER, path, 'authorization');
      expect(corsOf(refused.headers)).toEqual([]);
    });

    test.each(METHODS)('may use %s wherever it is a method of ours, without a token', async (method) => {
      for (const path of ['/api/v1/channels/1/user', '/api/v1/messages/1', '/api/v1/users/profile', '/nothing']) {
        const { status, headers } = await preflight(ORIGIN, path, 'authorization,content-type', method);
        expect(status).toBe(204);
        expect(headers.get('access-control-allow-methods')?.split(', ')).toContain(method);
        expect(headers.get('access-control-allow-credentials')).toBe('true');
        expect(corsOf((await preflight(OTHER, path, 'authorization', method)).headers)).toEqual([]);
      }
    });

    test('names of headers that are none are not given back', async () => {
      const { headers } = await preflight(ORIGIN, '/api/v1/messages', 'x-a: b; <script>');
      expect(headers.get('access-control-allow-headers')).not.toContain('script');
    });

    test('read the answers to Socket.IO polling, and may send it what they like', async () => {
      const path = '/socket.io/?EIO=4&transport=polling';
      const { status, headers } = await ask(ORIGIN, 'GET', path);
      expect(status).toBe(200);
      expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
      expect(headers.get('access-control-allow-credentials')).toBe('true');
      const asked = await preflight(ORIGIN, path, 'x-anything');
      expect(asked.status).toBe(204);
      expect(asked.headers.get('access-control-allow-headers')).toBe('x-anything');
      expect((await ask(OTHER, 'GET', path)).status).toBe(403);
    });

    test('read that they ask too much', async () => {
      const headers = { origin: ORIGIN, authorization: `Bearer ${people.ann.token}` };
      for (let left = 1; left > 0; ) {
        const reply = await send(`${service.url(0)}/api/v1/users/profile`, { headers });
        left = Number(reply.headers.get('x-ratelimit-remaining'));
      }
      const reply = await send(`${service.url(0)}/api/v1/users/profile`, { headers });
      expectFailure(reply, 429, 'RATE_LIMITED');
      expect(reply.headers.get('access-control-allow-origin')).toBe(ORIGIN);
      expect(reply.headers.get('access-control-allow-credentials')).toBe('true');
      expect(reply.headers.get('access-control-expose-headers')).toContain('Retry-After');
      // What their browsers ask by themselves counts for nothing.
      expect((await preflight(ORIGIN, '/api/v1/users/profile', 'authorization')).status).toBe(204);
    });

    ownPages(service);
  });

  describe('pages of any origin', () => {
    const service = withService(target, { CORS_ORIGIN: '*', WS_CORS_ORIGIN: '*' });

    test.each(['/health', '/api/v1/users/profile', '/nothing', '/socket.io/?EIO=4&transport=polling'])(
      'read %s, without credentials',
      async (path) => {
        const { headers } = await send(`${service.url(0)}${path}`, { headers: { origin: OTHER } });
        expect(headers.get('access-control-allow-origin')).toBe('*');
        expect(headers.has('access-control-allow-credentials')).toBe(false);
        const asked = await send(`${service.url(0)}${path}`, {
          method: 'OPTIONS',
          headers: {
            origin: OTHER,
            'access-control-request-method': 'GET',
            'access-control-request-headers': 'authorization,x-mine',
          },
        });
        expect(asked.headers.get('access-control-allow-origin')).toBe('*');
        expect(asked.headers.get('access-control-allow-headers')).toBe('authorization,x-mine');
        expect(asked.headers.has('access-control-allow-credentials')).toBe(false);
      },
    );
  });

  describe('pages behind a trusted proxy', () => {
    const service = withService(target, { TRUST_PROXY: 'true' });
    const forwarded = ['X-Forwarded-Proto: https', 'X-Forwarded-Host: chat.example'];

    test.each(UPGRADES)('that the service has served open %s', async (_, line) => {
      expect(await upgrade(service, line, 'https://chat.example', ['Host: node:3000', ...forwarded])).toBe(101);
      expect(await upgrade(service, line, 'http://node:3000', ['Host: node:3000', ...forwarded])).toBe(403);
      expect(await upgrade(service, line, 'https://other.example', ['Host: node:3000', ...forwarded])).toBe(403);
    });
  });
}

const UPGRADES: readonly [string, string][] = [
  ['a raw WebSocket', 'GET /api/v1/ws'],
  ['a Socket.IO one', 'GET /socket.io/?EIO=4&transport=websocket'],
];

function ownPages(service: Service): void {
  describe('the own pages of the service', () => {
    test.each(UPGRADES)('open %s, whatever is listed', async (_, line) => {
      const { host, origin } = new URL(service.url(0));
      expect(await upgrade(service, line, origin, [`Host: ${host}`])).toBe(101);
      expect(await upgrade(service, line, 'http://chat.example', ['Host: chat.example'])).toBe(101);
      expect(await upgrade(service, line, 'http://chat.example', ['Host: CHAT.example:80'])).toBe(101);
      expect(await upgrade(service, line, ORIGIN, ['Host: chat.example'])).toBe(101);
      for (const page of [
        OTHER,
        'https://chat.example',
        'http://chat.example:81',
        'http://chat.example.evil',
        'null',
      ]) {
        expect(await upgrade(service, line, page, ['Host: chat.example'])).toBe(403);
      }
      // Nobody is trusted to say how the client wrote it.
      const forged = ['Host: chat.example', 'X-Forwarded-Host: evil.example'];
      expect(await upgrade(service, line, OTHER, forged)).toBe(403);
    });

    test('poll over Socket.IO', async () => {
      const line = 'GET /socket.io/?EIO=4&transport=polling HTTP/1.1';
      const poll = (origin: string) =>
        sendLines(service.url(0), [line, 'Host: chat.example', `Origin: ${origin}`, 'Connection: close']);
      expect((await poll('http://chat.example')).status).toBe(200);
      expect((await poll(OTHER)).status).toBe(403);
    });
  });
}

async function upgrade(service: Service, line: string, origin: string, headers: readonly string[]): Promise<number> {
  const handshake = [
    ...['Connection: Upgrade', 'Upgrade: websocket'],
    ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='],
  ];
  return (await sendLines(service.url(0), [`${line} HTTP/1.1`, ...headers, `Origin: ${origin}`, ...handshake])).status;
}
