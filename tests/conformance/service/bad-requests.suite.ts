// Requests that nobody should send: each gets a clear answer, nothing is half-stored, and the service goes on.
import { afterEach, describe, expect, test } from 'vitest';
import type { Service } from '../../support/service-under-test.ts';
import { deepObject, NO_IDS, NO_TEXTS, nested, UNSTORABLE } from './kit/bad-values.ts';
import { cast, group, PASSWORD, register, say, unique } from './kit/people.ts';
import { expectFailure, failedFields, rest, send } from './kit/rest.ts';
import type { Message } from './kit/wire.ts';

interface OpenApi {
  readonly paths: Record<string, Record<string, { readonly requestBody?: object }>>;
}

export function badRequestsSuite(service: Service): void {
  describe('bad requests', () => {
    const people = cast(service, 'ann', 'bob', 'admin');

    /** A POST with this JSON text, as ann. */
    const post = <T>(path: string, json: string) =>
      send<T>(`${service.url(0)}/api/v1${path}`, {
        method: 'POST',
        body: json,
        headers: { authorization: `Bearer ${people.ann.token}`, 'content-type': 'application/json' },
      });

    afterEach(async () => {
      expect((await send(`${service.url(0)}/health`)).status).toBe(200);
    });

    /** Every text that a client can give, and what has to stand beside it. */
    const TEXTS: [string, string, string, () => Record<string, unknown>][] = [
      ['POST', '/auth/register', 'username', () => ({ email: `${unique()}@example.com`, password: PASSWORD })],
      ['POST', '/auth/register', 'email', () => ({ username: unique(), password: PASSWORD })],
      ['POST', '/auth/register', 'password', () => ({ username: unique(), email: `${unique()}@example.com` })],
      ['POST', '/auth/login', 'email', () => ({ password: PASSWORD })],
      ['POST', '/auth/login', 'password', () => ({ email: people.ann.email })],
      ['PUT', '/users/profile', 'username', () => ({ currentPassword: PASSWORD })],
      ['PUT', '/users/profile', 'avatar', () => ({ currentPassword: PASSWORD })],
      ['PUT', '/users/profile', 'password', () => ({ currentPassword: PASSWORD })],
      ['PUT', '/users/profile', 'currentPassword', () => ({ avatar: 'x.png' })],
      ['POST', '/channels', 'name', () => ({ type: 'group' })],
      ['POST', '/channels', 'type', () => ({ name: 'x' })],
      ['POST', '/messages', 'text', () => ({ receiverId: people.bob.id, url: 'https://example.com/' })],
      ['POST', '/messages', 'url', () => ({ receiverId: people.bob.id, text: 'x' })],
      ['POST', '/messages', 'fileName', () => ({ receiverId: people.bob.id, text: 'x' })],
      ['POST', '/messages', 'clientId', () => ({ receiverId: people.bob.id, text: 'x' })],
    ];

    test.each(TEXTS)(
      '%s %s takes for %s no NUL, no lone surrogate and nothing but a text',
      async (method, path, field, more) => {
        const signedIn = path.startsWith('/auth') ? rest(service.url(0)) : people.ann.api;
        const call = method === 'PUT' ? signedIn.put : signedIn.post;
        // Long and well-formed but for the one character, so that nothing else can be the reason.
        const texts = UNSTORABLE.map((text) => (field === 'url' ? `https://example.com/${text}` : `${text} and more`));
        for (const value of [...texts, ...NO_TEXTS]) {
          const reply = await call(path, { ...more(), [field]: value });
          expect(failedFields(reply), JSON.stringify(value)).toEqual([field]);
        }
      },
    );

    test('other texts neither: the new text of a message, the new name of a channel, a search', async () => {
      const { ann } = people;
      const channelId = await group(ann);
      const { id } = await say(ann, channelId);
      for (const text of UNSTORABLE) {
        expect(failedFields(await ann.api.patch(`/messages/${id}`, { text }))).toEqual(['text']);
        expect(failedFields(await ann.api.put(`/channels/${channelId}`, { name: text }))).toEqual(['name']);
      }
      expect(failedFields(await ann.api.get('/users/search?username=a%00b'))).toEqual(['username']);
      expect((await say(ann, channelId)).seq).toBe(2);
    });

    test.each(NO_IDS)('%s is no id', async (json) => {
      const message = (field: string) => post('/messages', `{"${field}":${json},"text":"x"}`);
      for (const field of ['channelId', 'receiverId']) expectFailure(await message(field), 400, 'VALIDATION_FAILED');
      const channel = await post('/channels', `{"type":"group","name":"x","userIds":[${json}]}`);
      expect(failedFields(channel)).toEqual(['userIds.0']);
      const id = await group(people.ann);
      expect(failedFields(await post(`/channels/${id}/users`, `{"userId":${json}}`))).toEqual(['userId']);
    });

    test('a body that is no object is refused by every call that takes one, whatever the query says', async () => {
      const { paths } = (await send(`${service.url(0)}/openapi.json`)).body as unknown as OpenApi;
      const calls = Object.entries(paths).flatMap(([path, methods]) =>
        Object.entries(methods).flatMap(([method, { requestBody }]) => (requestBody ? [{ path, method }] : [])),
      );
      expect(calls.length).toBeGreaterThanOrEqual(10);
      for (const { path, method } of calls) {
        for (const body of ['[]', '[{"userId":1,"text":"x"}]', '"x"', '1', 'null', 'true']) {
          for (const query of ['', '?userId=1', '?length=1&0=x']) {
            const reply = await send(`${service.url(0)}${path.replaceAll(/\{\w+\}/g, '1')}${query}`, {
              method: method.toUpperCase(),
              body,
              headers: { authorization: `Bearer ${people.admin.token}`, 'content-type': 'application/json' },
            });
            expect(reply.status, `${method} ${path}${query} ${body}: ${reply.text}`).toBe(400);
            expectFailure(reply, 400, 'VALIDATION_FAILED');
          }
        }
      }
    });

    test.each(['0', '-1', '2147483648', '1e999', '1.5', 'x', '%00', '%ED%A0%80', '..%2f1', '1;2', "1'--"])(
      '%s is no id in a path',
      async (id) => {
        for (const path of [
          `/channels/${id}`,
          `/messages/${id}`,
          `/messages/channel/${id}`,
          `/messages/friend/${id}`,
        ]) {
          const reply = await people.ann.api.get(path);
          expect([400, 404], `${path}: ${reply.text}`).toContain(reply.status);
          if (reply.status === 400) expectFailure(reply, 400, 'VALIDATION_FAILED');
          else expectFailure(reply, 404, 'NOT_FOUND');
        }
      },
    );

    test('2147483647 is an id, of nobody', async () => {
      expectFailure(await people.ann.api.get('/channels/2147483647'), 404, 'CHANNEL_NOT_FOUND');
      expectFailure(await people.ann.api.get('/messages/2147483647'), 404, 'MESSAGE_NOT_FOUND');
      expectFailure(await people.ann.api.get('/messages/friend/2147483647'), 404, 'USER_NOT_FOUND');
    });

    test('keys that come twice, and keys of prototypes, change nobody else', async () => {
      const { ann, bob } = people;
      const twice = await post<Message>(
        '/messages',
        `{"receiverId":${ann.id},"receiverId":${bob.id},"text":"a","text":"b"}`,
      );
      expect(twice.data).toMatchObject({ receiverId: bob.id, text: 'b' });
      for (const key of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
        const json = `{"receiverId":${bob.id},"text":"x","${key}":{"receiverId":1,"isAdmin":true,"text":"y"}}`;
        const reply = await post<Message>('/messages', json);
        expect(reply.data, key).toMatchObject({ receiverId: bob.id, text: 'x', senderId: ann.id });
      }
      expectFailure(await post('/messages', '{"__proto__":{"receiverId":1,"text":"x"}}'), 400, 'VALIDATION_FAILED');
      const someone = await register(service, 'someone');
      expectFailure(await someone.api.delete(`/ws/users/${bob.id}`), 403, 'FORBIDDEN');
    });

    test('nesting of any depth is ignored where it is not asked for, and refused where it is', async () => {
      const { bob } = people;
      for (const deep of [nested(100), deepObject(100), nested(20_000), deepObject(5_000)]) {
        const ignored = await post<Message>('/messages', `{"receiverId":${bob.id},"text":"x","more":${deep}}`);
        expect([201, 400]).toContain(ignored.status);
        if (deep.length < 1000) expect(ignored.status).toBe(201);
        expect((await post('/messages', `{"receiverId":${bob.id},"text":${deep}}`)).status).toBe(400);
        expect((await post('/messages', `{"receiverId":${deep},"text":"x"}`)).status).toBe(400);
        expectFailure(await post('/messages', deep), 400, 'VALIDATION_FAILED');
      }
    });

    test('odd but good texts are stored as they are', async () => {
      const { ann } = people;
      const channelId = await group(ann);
      const texts = [
        '\u0001\u001f\u007f',
        'in the \ufeff middle',
        '\u202eright to left',
        '👩‍👩‍👧‍👦',
        '\u2028\u2029',
        '<script>',
        "'; drop table chats; --",
        '\\u0000',
        ' ',
        '\n',
      ];
      for (const text of texts) {
        const { id } = await say(ann, channelId, text);
        expect((await ann.elsewhere.get<Message>(`/messages/${id}`)).data.text).toBe(text);
      }
    });

    test('headers that make no sense are no reason to fall', async () => {
      const odd: Record<string, string>[] = [
        { authorization: `Bearer ${'x'.repeat(6_000)}` },
        { authorization: 'Bearer ' },
        { 'x-forwarded-for': 'not, an, address' },
        { 'x-request-id': 'mine\u00ff' },
        { accept: 'text/html' },
        { 'content-length': '0' },
      ];
      for (const headers of odd) {
        const reply = await send(`${service.url(0)}/api/v1/channels`, { headers });
        expectFailure(reply, 401, 'UNAUTHORIZED');
      }
    });
  });
}
