// Who may come in over REST: every call needs a token that the service itself could have made, of a user who exists.
import { beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { cast, PASSWORD, type Person, person, register, tell } from './kit/people.ts';
import { expectFailure, rest } from './kit/rest.ts';
import { signToken, tokenFor } from './kit/tokens.ts';
import type { Session, User } from './kit/wire.ts';

/** Every call that needs a signed-in user. */
const CALLS = [
  'POST /auth/logout',
  'POST /auth/logout-all',
  'GET /users/profile',
  'PUT /users/profile',
  'GET /users/search?username=a',
  'GET /channels',
  'POST /channels',
  'GET /channels/1',
  'PUT /channels/1',
  'DELETE /channels/1',
  'POST /channels/1/users',
  'DELETE /channels/1/users',
  'POST /channels/1/leave',
  'POST /channels/1/user',
  'DELETE /channels/1/user',
  'PUT /channels/1/user',
  'GET /messages/channel/1',
  'GET /messages/friend/1',
  'POST /messages',
  'GET /messages/1',
  'PATCH /messages/1',
  'DELETE /messages/1',
  'GET /conversations',
  'GET /ws/stats',
  'GET /ws/channels/1/members',
  'POST /ws/channels/1/broadcast',
  'GET /ws/users',
  'DELETE /ws/users/1',
];

export function signInSuite(service: Service): void {
  describe('signing in', () => {
    const people = cast(service, 'ann');
    const profile = (authorization: string) =>
      rest(service.url(0), undefined, { authorization }).get<User>('/users/profile');
    const now = () => Math.floor(Date.now() / 1000);

    describe('a call without a token', () => {
      test.each(CALLS)('%s is refused', async (call) => {
        const [method = '', path = ''] = call.split(' ');
        const verb = method.toLowerCase() as 'get' | 'post';
        const reply =
          method === 'GET' ? await rest(service.url(0)).get(path) : await rest(service.url(0))[verb](path, {});
        expectFailure(reply, 401, 'UNAUTHORIZED');
      });
    });

    test.each<[string, (ann: Person) => string]>([
      ['no JWT', () => 'Bearer nonsense'],
      ['an empty token', () => 'Bearer '],
      ['another scheme', (ann) => `Basic ${ann.token}`],
      ['no scheme', (ann) => ann.token],
      [
        'a changed payload',
        (ann) => `Bearer ${ann.token.replace(/\.[^.]+\./, `.${signToken({ userId: 1 }).split('.')[1]}.`)}`,
      ],
      [
        'another secret',
        (ann) => `Bearer ${signToken({ userId: ann.id, exp: now() + 60 }, { secret: 'another secret' })}`,
      ],
      ['no signature', (ann) => `Bearer ${signToken({ userId: ann.id, exp: now() + 60 }, { alg: 'none' })}`],
      [
        'HS512 with the right secret',
        (ann) => `Bearer ${signToken({ userId: ann.id, exp: now() + 60 }, { alg: 'HS512' })}`,
      ],
      ['an end in the past', (ann) => `Bearer ${tokenFor(ann, -1)}`],
      ['no user', () => `Bearer ${signToken({ email: 'a@example.com', exp: now() + 60 })}`],
      ['a user who never was', () => `Bearer ${signToken({ userId: 2_000_000_000, exp: now() + 60 })}`],
      ['a user that is no id', () => `Bearer ${signToken({ userId: "1' or 1=1", exp: now() + 60 })}`],
    ])('a token with %s is refused', async (_, authorization) => {
      expectFailure(await profile(authorization(people.ann)), 401, 'UNAUTHORIZED');
    });

    test('a token of the former service is good: it names the user in userId or else in id', async () => {
      const { id, email, username } = people.ann;
      const times = { iat: now() - 60, exp: now() + 60 };
      expect((await profile(`Bearer ${signToken({ userId: id, email, username, ...times })}`)).data.id).toBe(id);
      expect((await profile(`Bearer ${signToken({ id, email, username, ...times })}`)).data.id).toBe(id);
      expect((await profile(`Bearer ${signToken({ id: 1_999_999, userId: id, ...times })}`)).data.id).toBe(id);
    });

    describe('accounts in a database that the former service filled', () => {
      // Of the password "correct horse", cost 4.
      const BCRYPT = '$2b$04$XVnE8bHMhrBx..JxQmxhwOARn18f32nOwtSvKOVuHzBX6XJnI6U42';
      const old = {} as { bcrypt: Person; gone: Person };
      let hashes: { before: unknown; after: unknown };
      const stored = () => service.sql(`select password from users where id = ${old.bcrypt.id}`);

      beforeAll(async () => {
        [old.bcrypt, old.gone] = await Promise.all([register(service, 'bcrypt'), register(service, 'gone')]);
        await tell(old.gone, old.bcrypt, 'before I go');
        const [row] = await service.sql(`
        update users set password = '${BCRYPT}' where id = ${old.bcrypt.id};
        update users set "deletedAt" = now() at time zone 'utc' where id = ${old.gone.id};
        select password from users where id = ${old.bcrypt.id}`);
        const login = { email: old.bcrypt.email, password: PASSWORD };
        const again = await rest(service.url(0)).post<Session>('/auth/login', login);
        old.bcrypt = person(service, again.data);
        hashes = { before: row?.password, after: (await stored())[0]?.password };
      }, 60_000);

      test('a bcrypt password signs in and is replaced by argon2id', async () => {
        expect(hashes.before).toBe(BCRYPT);
        expect(hashes.after).toMatch(/^\$argon2id\$/);
        const login = { email: old.bcrypt.email, password: PASSWORD };
        expect((await rest(service.url(1)).post('/auth/login', login)).status).toBe(200);
        const wrong = await rest(service.url(1)).post('/auth/login', { ...login, password: 'wrong horse' });
        expectFailure(wrong, 401, 'INVALID_CREDENTIALS');
      });

      test('a deleted user comes in neither with the token nor with the password', async () => {
        expectFailure(await old.gone.api.get('/users/profile'), 401, 'UNAUTHORIZED');
        const login = { email: old.gone.email, password: PASSWORD };
        expectFailure(await rest(service.url(0)).post('/auth/login', login), 401, 'INVALID_CREDENTIALS');
        await expect(connect('raw', service.url(0), old.gone)).rejects.toThrow('401');
        const client = await connect('socketio', service.url(0));
        expect((await client.refused('authenticate', { token: old.gone.token })).code).toBe('AUTHENTICATION_FAILED');
      });

      test('a deleted user can neither be found, nor written to, nor taken into a channel', async () => {
        const search = await old.bcrypt.api.get<User[]>(`/users/search?username=${old.gone.username}`);
        expect(search.data).toEqual([]);
        const message = await old.bcrypt.api.post('/messages', { receiverId: old.gone.id, text: 'hello?' });
        expectFailure(message, 404, 'USER_NOT_FOUND');
        const channel = { type: 'group', name: 'ghosts', userIds: [old.gone.id] };
        expectFailure(await old.bcrypt.api.post('/channels', channel), 404, 'USER_NOT_FOUND');
      });
    });
  });
}
