// Requests whose head says two things: whoever reads it otherwise (a proxy, a cache) must not be told apart by us.
import { describe, expect, test } from 'vitest';
import type { Service } from '../../support/service-under-test.ts';
import { sendLines } from './kit/bytes.ts';
import { cast } from './kit/people.ts';
import { rest } from './kit/rest.ts';

const UPGRADE = [
  ...['Connection: Upgrade', 'Upgrade: websocket'],
  ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='],
];
const CLOSE = ['Connection: close'];
const JSON_TYPE = 'Content-Type: application/json';

/** Every way into the service, with the status of a request that is in order. */
const WAYS: readonly [string, string, readonly string[], number][] = [
  ['health', 'GET /health', CLOSE, 200],
  ['REST', 'GET /api/v1/users/profile', CLOSE, 401],
  ['an unknown route', 'GET /nothing', CLOSE, 404],
  ['a Socket.IO request', 'GET /socket.io/?EIO=4&transport=polling', CLOSE, 200],
  ['a raw upgrade', 'GET /api/v1/ws', UPGRADE, 101],
  ['a Socket.IO upgrade', 'GET /socket.io/?EIO=4&transport=websocket', UPGRADE, 101],
  ['an upgrade to an unknown path', 'GET /api/v1/nothing', UPGRADE, 404],
  ['an upgrade to something else', 'GET /health', ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c'], 200],
];

export function requestHeadsSuite(service: Service): void {
  describe('the head of a request', () => {
    const people = cast(service, 'ann');
    const ask = (line: string, headers: readonly string[], body?: string) =>
      sendLines(service.url(0), [`${line} HTTP/1.1`, ...headers], body);

    describe.each(WAYS)('%s', (_, line, more, status) => {
      test('takes one Host', async () => {
        expect((await ask(line, ['Host: a.example', ...more])).status).toBe(status);
      });

      test.each<[string, string[]]>([
        ['no Host', []],
        ['two Hosts', ['Host: a.example', 'Host: b.example']],
        ['two Hosts that are the same', ['Host: a.example', 'host: a.example']],
        ['two Hosts with others between', ['Host: a.example', 'Accept: */*', 'HOST: b.example']],
        ['two Hosts of which one is empty', ['Host:', 'Host: a.example']],
        ['a list of Hosts', ['Host: a.example, b.example']],
        ['a Host with a path', ['Host: a.example/b']],
        ['a Host with a user', ['Host: user@a.example']],
        ['a Host with two ports', ['Host: a.example:1:2']],
      ])('refuses %s', async (_why, hosts) => {
        const refused = await ask(line, [...hosts, ...more]);
        expect(refused).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
        expect(refused.text).toMatch(/"details":\[\{"path":"","message":"[^"]+"\}\]/);
        expect(refused.text).toMatch(/^cache-control: no-store\r$/im);
      });
    });

    test('may expect what nobody knows: it is answered all the same', async () => {
      const head = ['Host: a', 'Expect: a-miracle', ...CLOSE];
      expect((await ask('GET /health', head)).status).toBe(200);
      expect(await ask('GET /nothing', head)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    });

    test('of HTTP/1.0 may do without a Host, but not with two', async () => {
      const old = (hosts: string[]) => sendLines(service.url(0), ['GET /health HTTP/1.0', ...hosts]);
      expect((await old([])).status).toBe(200);
      expect(await old(['Host: a', 'Host: b'])).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
    });

    test('names one user', async () => {
      const token = `Authorization: Bearer ${people.ann.token}`;
      const profile = (...headers: string[]) =>
        ask('GET /api/v1/users/profile', ['Host: a.example', ...headers, ...CLOSE]);
      expect((await profile(token)).status).toBe(200);
      for (const other of [token, 'Authorization: Bearer x', 'Authorization: Basic cm9vdA==']) {
        for (const headers of [
          [token, other],
          [other, token],
        ]) {
          expect(await profile(...headers)).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
        }
      }
      const upgrade = await ask('GET /api/v1/ws', ['Host: a.example', token, token, ...UPGRADE]);
      expect(upgrade).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
    });

    const BODY = '{"email":"nobody@example.com","password":"a password"}';
    const LENGTH = `Content-Length: ${BODY.length}`;
    const CHUNKED = 'Transfer-Encoding: chunked';
    const login = (headers: string[], body: string) =>
      ask('POST /api/v1/auth/login', ['Host: a.example', ...headers, ...CLOSE], body);
    const chunk = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;

    test('says once how long the body is, and what it is', async () => {
      expect((await login([JSON_TYPE, LENGTH], BODY)).status).toBe(401);
      expect((await login([JSON_TYPE, CHUNKED], chunk)).status).toBe(401);
      const refused: [string[], string][] = [
        [[JSON_TYPE, LENGTH, `Content-Length: ${BODY.length - 1}`], BODY],
        [[JSON_TYPE, LENGTH, LENGTH], BODY],
        [[JSON_TYPE, `Content-Length: ${BODY.length}, ${BODY.length}`], BODY],
        [[JSON_TYPE, LENGTH, CHUNKED], chunk],
        [[JSON_TYPE, CHUNKED, CHUNKED], chunk],
        [[JSON_TYPE, CHUNKED, 'Transfer-Encoding: identity'], chunk],
        [[JSON_TYPE, 'Content-Type: text/plain', LENGTH], BODY],
        [[JSON_TYPE, JSON_TYPE, LENGTH], BODY],
      ];
      for (const [headers, body] of refused) {
        expect(await login(headers, body), headers.join('; ')).toMatchObject({
          status: 400,
          code: 'VALIDATION_FAILED',
        });
      }
    });

    test.each([
      'application/json',
      'application/json; charset=utf-8',
      'Application/JSON;charset="utf-8"',
      'application/vnd.api+json',
    ])('may call the body %s', async (type) => {
      expect((await login([`Content-Type: ${type}`, LENGTH], BODY)).status).toBe(401);
    });

    test.each([
      'Content-Type:',
      'Content-Type: text/plain',
      'Content-Type: json',
      'Content-Type: application/json2',
      'Content-Type: text/plain; application/json',
      'Content-Type: multipart/form-data; boundary=x',
      'Content-Type: application/json\r\nContent-Encoding: gzip',
      'X-Content-Type: application/json',
    ])('may not call it %j', async (header) => {
      expect(await login([header, LENGTH], BODY)).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
    });

    test('may announce a body where none is asked for: it is not read as one', async () => {
      const { ann } = people;
      const token = `Authorization: Bearer ${ann.token}`;
      for (const body of ['{"id":1}', '[', '\u0000']) {
        const length = `Content-Length: ${Buffer.byteLength(body)}`;
        const reply = await ask('GET /api/v1/users/profile', ['Host: a', token, JSON_TYPE, length, ...CLOSE], body);
        expect(reply.status).toBe(200);
      }
      expect((await rest(service.url(0), ann.token).get('/users/profile')).status).toBe(200);
    });
  });
}
