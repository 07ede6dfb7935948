import { hash as bcrypt } from '@node-rs/bcrypt';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { createPasswords } from '../../src/chat/accounts/passwords.ts';
import { ADDRESS, ADMIN_EMAIL, type Chat, describeChat } from './chat-under-test.ts';

const password = 'correct horse';
let serial = 0;

/** Fields of an account that nobody has yet. */
function fresh() {
  serial += 1;
  return { username: `user${serial}`, email: `user${serial}@example.com`, password };
}

describeChat('accounts', (chat) => {
  describe('register', () => {
    it('gives the user and a token of theirs', async () => {
      const body = fresh();
      const { user, token } = await chat().accounts.register(body);
      expect(user).toEqual({
        id: expect.any(Number),
        username: body.username,
        email: body.email,
        avatar: null,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      });
      expect(Math.abs(Date.now() - Date.parse(user.createdAt))).toBeLessThan(60_000);
      const principal = await chat().principalOf(token);
      expect(principal).toEqual({ ...user, isAdmin: false });
      expect(chat().accounts.profile(principal)).toEqual(user);
    });

    it('refuses a taken email before a taken name', async () => {
      const body = fresh();
      await chat().accounts.register(body);
      await expect(chat().accounts.register(body)).rejects.toMatchObject({ code: 'EMAIL_TAKEN' });
      const sameName = { ...fresh(), username: body.username };
      await expect(chat().accounts.register(sameName)).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
    });

    it('refuses an email that the former service stored in another case', async () => {
      const body = fresh();
      await chat().user(body.email.toUpperCase());
      await expect(chat().accounts.register(body)).rejects.toMatchObject({ code: 'EMAIL_TAKEN' });
    });

    it('refuses the email and the name of a deleted account', async () => {
      const body = fresh();
      const { user } = await chat().accounts.register(body);
      await deleteAccount(chat(), user.id);
      await expect(chat().accounts.register(body)).rejects.toMatchObject({ code: 'EMAIL_TAKEN' });
      const sameName = { ...fresh(), username: body.username };
      await expect(chat().accounts.register(sameName)).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
    });

    it('makes one account of many requests at once', async () => {
      const body = fresh();
      const attempts = await Promise.allSettled(Array.from({ length: 6 }, () => chat().accounts.register(body)));
      const refused = attempts.filter((attempt) => attempt.status === 'rejected');
      expect(refused.map((attempt) => attempt.reason.code)).toEqual(Array(5).fill('EMAIL_TAKEN'));
    });

    it('makes nobody an admin by an address that only looks like one of theirs', async () => {
      const { token } = await chat().accounts.register({ ...fresh(), email: ADMIN_EMAIL.toLowerCase() });
      expect((await chat().principalOf(token)).isAdmin).toBe(false);
      expect((await chat().user(ADMIN_EMAIL.toUpperCase())).isAdmin).toBe(false);
      expect((await chat().user(ADMIN_EMAIL)).isAdmin).toBe(true);
    });

    it('knows an admin whom the database names, whatever the address', async () => {
      const { user, token } = await chat().accounts.register(fresh());
      await chat().sql(sql`update users set "isAdmin" = true where "id" = ${user.id}::int`);
      expect((await chat().principalOf(token)).isAdmin).toBe(true);
    });

    it('gives nobody a reserved address, and makes nothing then', async () => {
      const body = fresh();
      const { register } = chat().accountsWith({ reservedEmails: [body.email] });
      await expect(register(body, ADDRESS)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect(await chat().sql(sql`select 1 from users where "email" = ${body.email}::text`)).toEqual([]);
      await register({ ...body, email: `x${body.email}` }, ADDRESS);
    });
  });

  describe('login', () => {
    it('takes the email in any case', async () => {
      const body = fresh();
      const { user } = await chat().accounts.register(body);
      const signedIn = await chat().accounts.login({ email: body.email.toUpperCase(), password });
      expect(signedIn.user).toEqual(user);
      expect((await chat().principalOf(signedIn.token)).id).toBe(user.id);
    });

    it('prefers the very spelling where the former service has two', async () => {
      const body = fresh();
      const { user } = await chat().accounts.register(body);
      const upper = await chat().user(body.email.toUpperCase());
      await chat().sql(sql`update users set "password" = (select "password" from users where "id" = ${user.id}::int)
      where "id" = ${upper.id}::int`);
      const login = async (email: string) => (await chat().accounts.login({ email, password })).user.id;
      expect(await login(upper.email)).toBe(upper.id);
      expect(await login(body.email)).toBe(user.id);
    });

    it('answers alike to an unknown email, a wrong password and a deleted account', async () => {
      const body = fresh();
      const { user, token } = await chat().accounts.register(body);
      await expect(chat().accounts.login({ email: 'nobody@example.com', password })).rejects.toMatchObject({
        code: 'INVALID_CREDENTIALS',
      });
      await expect(chat().accounts.login({ ...body, password: 'wrong' })).rejects.toMatchObject({
        code: 'INVALID_CREDENTIALS',
      });
      await deleteAccount(chat(), user.id);
      await expect(chat().accounts.login(body)).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
      await expect(chat().authenticate(token)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    });

    it('lets who signed in before from an address in before a crowd that fails there', async () => {
      const passwords = createPasswords({ places: 1, maxWaiting: 20, failureMs: 1 });
      const { login, register } = chat().accountsWith({ passwords });
      const from = '203.0.113.9';
      const ann = fresh();
      await register(ann, from);
      let failed = 0;
      const crowd = Array.from({ length: 60 }, () =>
        login({ email: fresh().email, password: 'wrong' }, from).catch(({ code }) => {
          if (code === 'INVALID_CREDENTIALS') failed += 1;
        }),
      );
      const newcomer = register(fresh(), '203.0.113.10');
      await Promise.all([login(ann, from), newcomer]);
      expect(failed).toBeLessThan(15);
      await Promise.all(crowd);
      expect(failed).toBeGreaterThan(15);
    });

    it('replaces a bcrypt hash after a right login, and only then', async () => {
      const body = fresh();
      const { id } = await chat().user(body.email);
      const legacy = await bcrypt(password, { cost: 4 });
      await chat().sql(sql`update users set "password" = ${legacy}::text where "id" = ${id}::int`);
      const stored = async () => (await chat().sql(sql`select "password" from users where "id" = ${id}::int`))[0];
      await expect(chat().accounts.login({ ...body, password: 'wrong' })).rejects.toMatchObject({
        code: 'INVALID_CREDENTIALS',
      });
      expect(await stored()).toEqual({ password: legacy });
      await chat().accounts.login(body);
      expect(await stored()).toEqual({ password: expect.stringMatching(/^\$argon2id\$/) });
      expect((await chat().accounts.login(body)).user.id).toBe(id);
    });
  });

  describe('authenticate', () => {
    it('refuses what is no token, and the token of a user who never was', async () => {
      await expect(chat().authenticate('garbage')).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
      const token = await chat().tokens.issue({ id: 2_000_000_000, email: 'x@example.com', username: 'x' });
      await expect(chat().authenticate(token)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    });

    it('knows many users at once', async () => {
      const users = await Promise.all(Array.from({ length: 20 }, () => chat().user()));
      const loaded = await Promise.all(users.map((user) => chat().principals.load(user.id)));
      expect(loaded).toEqual(users);
    });
  });

  describe('updateProfile', () => {
    async function signedIn() {
      const body = fresh();
      const { user, token } = await chat().accounts.register(body);
      const principal = await chat().principalOf(token);
      return { body, user, principal };
    }

    it('changes what is given and leaves the rest', async () => {
      const { body, user, principal } = await signedIn();
      const update = (change: object) =>
        chat().accounts.updateProfile(principal, { currentPassword: password, ...change });
      expect(await update({ avatar: 'a.png' })).toEqual({ ...user, avatar: 'a.png' });
      expect(await update({ username: `${user.username}b` })).toEqual({
        ...user,
        username: `${user.username}b`,
        avatar: 'a.png',
      });
      expect(await update({ avatar: null })).toEqual({ ...user, username: `${user.username}b` });
      expect((await chat().accounts.login(body)).user.username).toBe(`${user.username}b`);
    });

    it('changes the password', async () => {
      const { body, principal } = await signedIn();
      await chat().accounts.updateProfile(principal, { currentPassword: password, password: 'battery staple' });
      await expect(chat().accounts.login(body)).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
      await chat().accounts.login({ ...body, password: 'battery staple' });
    });

    it('refuses a wrong password and a taken name, and then changes nothing', async () => {
      const { user, principal } = await signedIn();
      const other = await signedIn();
      const update = chat().accounts.updateProfile;
      await expect(update(principal, { currentPassword: 'wrong', username: 'other' })).rejects.toMatchObject({
        code: 'WRONG_PASSWORD',
      });
      await expect(
        update(principal, { currentPassword: password, username: other.user.username, avatar: 'a.png' }),
      ).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
      expect(await update(principal, { currentPassword: password, username: user.username })).toEqual(user);
    });

    it('refuses a deleted account', async () => {
      const { user, principal } = await signedIn();
      await deleteAccount(chat(), user.id);
      await expect(chat().accounts.updateProfile(principal, { currentPassword: password })).rejects.toMatchObject({
        code: 'UNAUTHORIZED',
      });
    });
  });

  describe('search', () => {
    it('finds a part of the name in any case, the best match first, without deleted accounts', async () => {
      for (const name of ['xZora', 'zora', 'ZORA2', 'a zora', 'zara']) await chat().user(name);
      await chat().deleteUser(await chat().user('zora-gone'));
      const names = async (part: string) =>
        (await chat().accounts.search({ id: 0 }, part)).map((user) => user.username);
      expect(await names('zora')).toEqual(['zora', 'ZORA2', 'a zora', 'xZora']);
      expect(await names('ZORA2')).toEqual(['ZORA2']);
      expect(await names('nobody at all')).toEqual([]);
    });

    it('takes wildcards as plain characters', async () => {
      for (const name of ['per%cent', 'under_score', 'back\\slash', 'plain name']) await chat().user(name);
      const names = async (part: string) =>
        (await chat().accounts.search({ id: 0 }, part)).map((user) => user.username);
      expect(await names('%')).toEqual(['per%cent']);
      expect(await names('_')).toEqual(['under_score']);
      expect(await names('\\')).toEqual(['back\\slash']);
      expect(await names('r_c')).toEqual([]);
    });

    it('gives at most ten users, never their passwords', async () => {
      for (let index = 0; index < 12; index += 1) await chat().user(`many-${index}`);
      const found = await chat().accounts.search({ id: 0 }, 'many-');
      expect(found).toHaveLength(10);
      expect(Object.keys(found[0] ?? {}).sort()).toEqual(['avatar', 'createdAt', 'email', 'id', 'username']);
    });
  });
});

function deleteAccount(chat: Chat, id: number) {
  return chat.sql(sql`update users set "deletedAt" = now() where "id" = ${id}::int`);
}
