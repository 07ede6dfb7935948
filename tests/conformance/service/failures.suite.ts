// How every failure looks over HTTP, whatever went wrong, and which page may call from a browser.
import { describe, expect, test } from 'vitest';
import { ORIGIN, type Service } from '../../support/service-under-test.ts';
import { cast, group } from './kit/people.ts';
import { expectFailure, failedFields, rest, send } from './kit/rest.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PURGE'];

export function failuresSuite(service: Service): void {
  describe('failures', () => {
    const people = cast(service, 'ann');
    const address = (path: string) => `${service.url(0)}${path}`;
    /** A POST to a call that takes JSON, as the signed-in user, with whatever body and headers. */
    const post = (
      body: NonNullable<RequestInit['body']>,
      headers: Record<string, string> = JSON_TYPE,
      more: object = {},
    ) =>
      send(address('/api/v1/channels'), {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${people.ann.token}`, ...headers },
        ...more,
      });

    test.each([
      ['GET', '/'],
      ['GET', '/nothing'],
      ['GET', '/api/v1'],
      ['GET', '/api/v1/nothing'],
      ['POST', '/api/v1/channels/1/nothing'],
      ['GET', '/api/v2/channels'],
      ['GET', '/api/v1/auth/login'],
      ['PUT', '/api/v1/messages/1'],
      ['DELETE', '/api/v1/channels'],
      ['PATCH', '/api/v1/users/profile'],
      ['POST', '/health'],
      ['GET', '/api/v1/%E0%A4%A'],
    ])('%s %s is no route', async (method, path) => {
      const headers = { authorization: `Bearer ${people.ann.token}` };
      expectFailure(await send(address(path), { method, headers }), 404, 'NOT_FOUND');
    });

    test('no route answers to a method that it does not have, and HEAD is answered like GET', async () => {
      const { paths } = (await send(address('/openapi.json'))).body as unknown as { paths: Record<string, object> };
      const headers = { authorization: `Bearer ${people.ann.token}` };
      // `/conversations/read` is also a path of `/conversations/{log}`, whose methods it then has.
      const served = (path: string, method: string) =>
        Object.entries(paths).some(
          ([template, operations]) =>
            method in operations && new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
        );
      for (const path of Object.keys(paths)) {
        const url = address(path.replace(/\{\w+\}/g, '2000000000'));
        for (const method of METHODS.filter((name) => !served(path, name.toLowerCase()))) {
          expectFailure(await send(url, { method, headers }), 404, 'NOT_FOUND');
        }
        const [head, get] = [await fetch(url, { method: 'HEAD', headers }), await fetch(url, { headers })];
        expect([head.status, await head.text()], path).toEqual([get.status, '']);
        await get.body?.cancel();
        // A proxy may answer for what is the operator's.
        if (path.startsWith('/api/')) expect(head.headers.get('cache-control')).toBe('no-store');
      }
      expect(Object.keys(paths).length).toBeGreaterThan(15);
    });

    test.each([
      ['GET', '/api/v1/channels'],
      ['POST', '/api/v1/auth/login'],
      ['GET', '/api/v1/nothing'],
      ['GET', '/api/v1/ws'],
      ['GET', '/health'],
      ['GET', '/openapi.json'],
    ])('nobody keeps the answer to %s %s, signed in or not', async (method, path) => {
      const signed = { headers: { authorization: `Bearer ${people.ann.token}` } };
      for (const more of [{}, signed]) {
        const reply = await send(address(path), { method, ...more });
        expect(reply.headers.get('cache-control')).toBe('no-store');
      }
    });

    test('each answer has a request id of its own', async () => {
      const ids = new Set<string | undefined>();
      for (let n = 0; n < 5; n++) ids.add((await send(address('/nothing'))).body.requestId);
      expect(ids.size).toBe(5);
    });

    test.each(['{', '{"type":"group",}', "{'type':'group'}", ' ', 'group', '{"type":"group"} x', '[1,', '\u0000'])(
      'the body %j is not JSON',
      async (body) => {
        expectFailure(await post(body), 400, 'MALFORMED_JSON');
      },
    );

    test.each(['[]', '[{"type":"group"}]', '"group"', '1', 'null', 'true'])(
      'the body %s is no object',
      async (body) => {
        expectFailure(await post(body), 400, 'VALIDATION_FAILED');
      },
    );

    test('no body at all is none that is valid', async () => {
      expectFailure(await post(''), 400, 'VALIDATION_FAILED');
    });

    test('a body that is no UTF-8 is refused', async () => {
      const body = Buffer.concat([
        Buffer.from('{"type":"group","name":"'),
        Buffer.from([0xc3, 0x28, 0xff]),
        Buffer.from('"}'),
      ]);
      const reply = await post(body);
      expect(reply.status).toBe(400);
      expectFailure(reply, 400, reply.body.code === 'MALFORMED_JSON' ? 'MALFORMED_JSON' : 'VALIDATION_FAILED');
    });

    test.each([
      ['text', { 'content-type': 'text/plain' }],
      ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
      ['something with json in its name', { 'content-type': 'application/jsonx' }],
    ])('a body that says it is %s is refused', async (_, headers) => {
      expectFailure(await post('{"type":"group","name":"x"}', headers), 415, 'UNSUPPORTED_MEDIA_TYPE');
    });

    test('a JSON body may name its charset', async () => {
      const reply = await post('{"type":"group","name":"x"}', { 'content-type': 'Application/JSON; charset=UTF-8' });
      expect(reply.status).toBe(201);
    });

    test('a body that is too large is refused, announced or not', async () => {
      const large = JSON.stringify({ type: 'group', name: 'x'.repeat(4_000_000) });
      const headers = { ...JSON_TYPE, connection: 'close' };
      // Again and again: whether the client is still sending when it is answered is a matter of moments.
      for (let time = 0; time < 5; time++) {
        expectFailure(await post(large, headers), 413, 'PAYLOAD_TOO_LARGE');
        const stream = new Blob([large]).stream();
        expectFailure(await post(stream, headers, { duplex: 'half' }), 413, 'PAYLOAD_TOO_LARGE');
      }
    });

    test('a failed validation says which fields and why, without their values', async () => {
      const reply = await post(JSON.stringify({ type: 'a secret value', userIds: 'another secret value' }));
      expect(failedFields(reply)).toContain('type');
      expect(reply.text).not.toContain('secret value');
    });

    test('a call that needs no body does without', async () => {
      const id = await group(people.ann);
      const headers = { authorization: `Bearer ${people.ann.token}` };
      const reply = await send(address(`/api/v1/channels/${id}/leave`), { method: 'POST', headers });
      expect(reply.status).toBe(200);
    });

    describe('a page in a browser', () => {
      const preflight = (origin: string) =>
        send(address('/api/v1/messages/1'), {
          method: 'OPTIONS',
          headers: {
            origin,
            'access-control-request-method': 'PATCH',
            'access-control-request-headers': 'authorization,content-type',
          },
        });

      test('of an origin that is allowed may call', async () => {
        const reply = await rest(service.url(0), people.ann.token, { origin: ORIGIN }).get('/users/profile');
        expect(reply.status).toBe(200);
        expect(reply.headers.get('access-control-allow-origin')).toBe(ORIGIN);
        const allowed = await preflight(ORIGIN);
        expect(allowed.status).toBeLessThan(300);
        expect(allowed.headers.get('access-control-allow-origin')).toBe(ORIGIN);
        expect(allowed.headers.get('access-control-allow-methods')).toContain('PATCH');
        expect(allowed.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('authorization');
      });

      test('of an origin that is allowed reads failures too', async () => {
        const reply = await rest(service.url(0), undefined, { origin: ORIGIN }).get('/users/profile');
        expectFailure(reply, 401, 'UNAUTHORIZED');
        expect(reply.headers.get('access-control-allow-origin')).toBe(ORIGIN);
      });

      test('of another origin reads nothing', async () => {
        const other = 'http://evil.example';
        const reply = await rest(service.url(0), people.ann.token, { origin: other }).get('/users/profile');
        expect([null, ORIGIN]).toContain(reply.headers.get('access-control-allow-origin'));
        expect([null, ORIGIN]).toContain((await preflight(other)).headers.get('access-control-allow-origin'));
      });
    });
  });
}
