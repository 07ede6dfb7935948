// Accounts over REST: registering, signing in, the profile, finding others.
import { describe, expect, test } from 'vitest';
import type { Service } from '../../support/service-under-test.ts';
import { cast, PASSWORD, register, unique } from './kit/people.ts';
import { expectFailure, failedFields, rest } from './kit/rest.ts';
import { tokenClaims } from './kit/tokens.ts';
import { isoTime, type Session, type User } from './kit/wire.ts';

export function accountsSuite(service: Service): void {
  describe('accounts', () => {
    const api = () => rest(service.url(0));
    const form = (more: object = {}) => ({
      username: unique('someone'),
      email: `${unique('someone')}@example.com`,
      password: PASSWORD,
      ...more,
    });
    const signUp = (more: object = {}) => api().post<Session>('/auth/register', form(more));
    const signIn = (email: string, password = PASSWORD) => api().post<Session>('/auth/login', { email, password });

    describe('registering', () => {
      test('gives the user and a token, and nothing else about the account', async () => {
        const body = form();
        const reply = await api().post<Session>('/auth/register', body);
        expect(reply.status).toBe(201);
        const { username, email } = body;
        const user = { id: expect.any(Number), username, email, avatar: null, createdAt: isoTime() };
        const session = { user, token: expect.any(String) };
        // Clients of the former service read both beside `data`.
        expect(reply.body).toEqual({ success: true, data: session, ...session });
        expect(Math.abs(Date.parse(reply.data.user.createdAt) - Date.now())).toBeLessThan(60_000);
      });

      test('gives an HS256 token for a day with the claims that clients read', async () => {
        const { user, token } = (await signUp()).data;
        const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
        expect(header.alg).toBe('HS256');
        const claims = tokenClaims(token);
        expect(claims).toMatchObject({ userId: user.id, email: user.email, username: user.username });
        expect(Number(claims.exp) - Number(claims.iat)).toBe(24 * 3600);
      });

      test.each([
        ['a username of 3 characters', { username: () => unique().slice(-3) }],
        ['a username of 50 characters', { username: () => unique().padEnd(50, 'x') }],
        ['a password of 6 characters', { password: () => '123456' }],
        ['a password of 128 characters', { password: () => 'p'.repeat(128) }],
      ])('takes %s', async (_, more: Record<string, () => string>) => {
        const fields = Object.fromEntries(Object.entries(more).map(([name, make]) => [name, make()]));
        expect(await signUp(fields)).toMatchObject({ status: 201 });
      });

      test.each([
        ['username', 'xy'],
        ['username', 'x'.repeat(51)],
        ['username', 123],
        ['username', undefined],
        ['email', 'not an email'],
        ['email', 'a@'],
        ['email', 7],
        ['email', undefined],
        ['password', '12345'],
        ['password', 'p'.repeat(129)],
        ['password', ['123456']],
        ['password', undefined],
      ])('refuses the %s %j and names the field', async (field, value) => {
        expect(failedFields(await signUp({ [field]: value }))).toEqual([field]);
      });

      test('names every field that is wrong', async () => {
        expect(failedFields(await api().post('/auth/register', {}))).toEqual(['email', 'password', 'username']);
      });

      test('ignores fields that it does not know', async () => {
        const body = form({ id: 1, avatar: 7, createdAt: null, isAdmin: true, sender_id: 1 });
        const reply = await api().post<Session>('/auth/register', body);
        expect(reply.data.user).toMatchObject({ username: body.username });
        expect(reply.data.user.id).not.toBe(1);
      });

      test('refuses an email that is taken, in any case', async () => {
        const { email } = (await signUp()).data.user;
        expectFailure(await signUp({ email }), 409, 'EMAIL_TAKEN');
        expectFailure(await signUp({ email: email.toUpperCase() }), 409, 'EMAIL_TAKEN');
      });

      test('refuses a username that is taken', async () => {
        const { username } = (await signUp()).data.user;
        expectFailure(await signUp({ username }), 409, 'USERNAME_TAKEN');
      });

      test('makes one account of two requests at the same time', async () => {
        const body = form();
        const nodes = [0, 1].map((node) => rest(service.url(node)));
        const replies = await Promise.all(nodes.map((node) => node.post('/auth/register', body)));
        expect(replies.map((reply) => reply.status).sort()).toEqual([201, 409]);
      });
    });

    describe('signing in', () => {
      test('gives the user and a token that works', async () => {
        const { user } = (await signUp()).data;
        const reply = await signIn(user.email);
        expect(reply.status).toBe(200);
        const session = { user, token: expect.any(String) };
        expect(reply.body).toEqual({ success: true, data: session, ...session });
        const profile = await rest(service.url(1), reply.data.token).get<User>('/users/profile');
        expect(profile.data).toEqual(user);
      });

      test('takes the email in any case', async () => {
        const { user } = (await signUp({ email: `${unique('MixedCase')}@Example.COM` })).data;
        expect((await signIn(user.email.toUpperCase())).data.user.id).toBe(user.id);
        expect((await signIn(user.email.toLowerCase())).data.user.id).toBe(user.id);
      });

      test('answers an unknown email exactly like a wrong password', async () => {
        const { user } = (await signUp()).data;
        const wrong = await signIn(user.email, 'wrong password');
        const unknown = await signIn(`${unique('nobody')}@example.com`, 'wrong password');
        expectFailure(wrong, 401, 'INVALID_CREDENTIALS');
        expectFailure(unknown, 401, 'INVALID_CREDENTIALS');
        expect({ ...unknown.body, requestId: '' }).toEqual({ ...wrong.body, requestId: '' });
      });

      test('takes about as long for an unknown email as for a wrong password', async () => {
        const { user } = (await signUp()).data;
        const timeOf = async (email: string): Promise<number> => {
          const begin = performance.now();
          await signIn(email, 'wrong password');
          return performance.now() - begin;
        };
        // In turns, and the quickest of each: what else the machine does meets both alike.
        let [wrong, unknown] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
        for (let round = 0; round < 12; round++) {
          wrong = Math.min(wrong, await timeOf(user.email));
          unknown = Math.min(unknown, await timeOf(`${unique('nobody')}@example.com`));
        }
        expect(unknown / wrong).toBeGreaterThan(0.5);
        expect(unknown / wrong).toBeLessThan(2);
      });

      test('names the fields that are missing', async () => {
        expect(failedFields(await api().post('/auth/login', {}))).toEqual(['email', 'password']);
        expect(failedFields(await api().post('/auth/login', { email: {}, password: 1 }))).toEqual([
          'email',
          'password',
        ]);
      });
    });

    describe('the profile', () => {
      const people = cast(service, 'ann', 'bob');

      test('is the signed-in user', async () => {
        const { id, username, email } = people.ann;
        const reply = await people.ann.elsewhere.get<User>('/users/profile');
        expect(reply.status).toBe(200);
        expect(reply.body).toEqual({
          success: true,
          data: { id, username, email, avatar: null, createdAt: isoTime() },
        });
      });

      test('takes a new username and avatar with the current password', async () => {
        const username = unique('renamed');
        const avatar = 'https://example.com/me.png';
        const reply = await people.ann.api.put<User>('/users/profile', { currentPassword: PASSWORD, username, avatar });
        expect(reply.status).toBe(200);
        expect(reply.data).toMatchObject({ id: people.ann.id, email: people.ann.email, username, avatar });
        expect((await people.ann.elsewhere.get<User>('/users/profile')).data).toEqual(reply.data);
      });

      test('takes a new password: the old one is worth nothing afterwards', async () => {
        const carl = await register(service, 'carl');
        const password = 'another battery';
        const reply = await carl.api.put<User>('/users/profile', { currentPassword: PASSWORD, password });
        expect(reply.status).toBe(200);
        expectFailure(await signIn(carl.email, PASSWORD), 401, 'INVALID_CREDENTIALS');
        expect((await signIn(carl.email, password)).data.user).toEqual(reply.data);
      });

      test('stays as it was without the right current password', async () => {
        const before = (await people.bob.api.get<User>('/users/profile')).data;
        const change = { username: unique('stolen'), password: 'stolen too' };
        const wrong = await people.bob.api.put('/users/profile', { currentPassword: 'a guess', ...change });
        expectFailure(wrong, 400, 'WRONG_PASSWORD');
        expect(failedFields(await people.bob.api.put('/users/profile', change))).toEqual(['currentPassword']);
        expect((await people.bob.api.get('/users/profile')).data).toEqual(before);
        expect((await signIn(people.bob.email)).status).toBe(200);
      });

      test.each([
        ['username', 'xy'],
        ['username', 'x'.repeat(51)],
        ['password', '12345'],
        ['password', 'p'.repeat(129)],
        ['avatar', 5],
      ])('refuses the %s %j', async (field, value) => {
        const change = { currentPassword: PASSWORD, [field]: value };
        expect(failedFields(await people.bob.api.put('/users/profile', change))).toEqual([field]);
      });

      test('refuses the username of somebody else, but not the own one', async () => {
        const { username } = (await people.ann.api.get<User>('/users/profile')).data;
        const take = { currentPassword: PASSWORD, username };
        expectFailure(await people.bob.api.put('/users/profile', take), 409, 'USERNAME_TAKEN');
        expect((await people.ann.api.put('/users/profile', take)).status).toBe(200);
      });

      test('belongs to the user of the token, whatever the body says', async () => {
        const change = { currentPassword: PASSWORD, avatar: 'b.png', id: people.ann.id, userId: people.ann.id };
        const reply = await people.bob.api.put<User>('/users/profile', { ...change, user_id: people.ann.id });
        expect(reply.data).toMatchObject({ id: people.bob.id, avatar: 'b.png' });
        expect((await people.ann.api.get<User>('/users/profile')).data.avatar).not.toBe('b.png');
      });
    });

    describe('the search', () => {
      const people = cast(service, 'searcher');
      const search = (text: string) =>
        people.searcher.api.get<User[]>(`/users/search?username=${encodeURIComponent(text)}`);
      const found = async (text: string) => (await search(text)).data.map((user) => user.username);

      test('finds a part of the name anywhere, in any case, and gives users', async () => {
        const { user } = (await signUp({ username: unique('Marguerite') })).data;
        const reply = await search(user.username.slice(3, -2).toUpperCase());
        expect(reply.status).toBe(200);
        expect(reply.body).toEqual({ success: true, data: [user] });
      });

      test.each(['%', '_', '\\'])('takes %s as a plain character', async (character) => {
        const tag = unique('tag').slice(-8);
        const username = `a${character}b-${tag}`;
        await signUp({ username });
        await signUp({ username: `axb-${tag}` });
        expect(await found(`a${character}b-${tag}`)).toEqual([username]);
      });

      test('gives at most 10 users', async () => {
        const tag = unique('many').slice(-10);
        await Promise.all(Array.from({ length: 11 }, (_, index) => signUp({ username: `${tag}-${index}` })));
        const names = await found(tag);
        expect(names).toHaveLength(10);
        expect(names.every((name) => name.startsWith(tag))).toBe(true);
      });

      test('gives an empty list where nobody has such a name', async () => {
        expect(await found(unique('nobody'))).toEqual([]);
      });

      test('needs at least one character', async () => {
        expect(failedFields(await search(''))).toEqual(['username']);
        expect(failedFields(await people.searcher.api.get('/users/search'))).toEqual(['username']);
        const { username } = people.searcher;
        expect(await search(username.slice(-1))).toMatchObject({ status: 200 });
      });
    });
  });
}
