import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import type { Principal, TokenClaims } from '../../src/chat/accounts/principal.ts';
import { expectFailure, failedFields, type Reply, useHttp } from './http-under-test.ts';

const http = useHttp();

const ANN = { username: 'ann', email: 'Ann@Example.com', password: 'secret of ann' };
const USER = {
  id: expect.any(Number),
  username: 'ann',
  email: 'ann@example.com',
  avatar: null,
  createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
};

const bearer = (reply: Reply) => ({ authorization: `Bearer ${reply.body.data.token}` });

it('registers, signs in, shows and changes the profile', async () => {
  const registered = await http().call('POST /api/v1/auth/register', { json: { ...ANN, isAdmin: true } });
  expect(registered.status).toBe(201);
  expect(registered.body).toEqual({
    ...{ success: true, data: { user: USER, token: expect.stringMatching(/^ey/) } },
    ...{ user: USER, token: registered.body.data.token },
  });

  const { password } = ANN;
  const signedIn = await http().call('POST /api/v1/auth/login', { json: { email: 'ANN@example.COM', password } });
  expect(signedIn.status).toBe(200);
  const session = { user: USER, token: expect.any(String) };
  expect(signedIn.body).toEqual({ success: true, data: session, ...session });

  const headers = bearer(signedIn);
  const profile = await http().call('GET /api/v1/users/profile', { headers });
  expect(profile).toMatchObject({ status: 200, body: { success: true, data: USER } });

  const change = { currentPassword: password, username: 'anna', avatar: 'anna.png', password: 'another secret' };
  const changed = await http().call('PUT /api/v1/users/profile', { headers, json: change });
  expect(changed.status).toBe(200);
  expect(changed.body).toEqual({ success: true, data: { ...USER, username: 'anna', avatar: 'anna.png' } });
  expectFailure(await http().call('PUT /api/v1/users/profile', { headers, json: change }), 400, 'WRONG_PASSWORD');
});

it('tells what is taken', async () => {
  const [one, two] = ['one', 'two'].map((name) => ({
    username: name,
    email: `${name}@example.org`,
    password: 'secret',
  }));
  for (const json of [one, two]) await http().call('POST /api/v1/auth/register', { json });
  const again = (json: unknown) => http().call('POST /api/v1/auth/register', { json });
  expectFailure(await again({ ...one, username: 'three', email: 'ONE@example.org' }), 409, 'EMAIL_TAKEN');
  expectFailure(await again({ ...one, email: 'three@example.org' }), 409, 'USERNAME_TAKEN');

  const headers = bearer(await http().call('POST /api/v1/auth/login', { json: two }));
  const json = { currentPassword: 'secret', username: 'one' };
  expectFailure(await http().call('PUT /api/v1/users/profile', { headers, json }), 409, 'USERNAME_TAKEN');
});

it('answers an unknown email and a wrong password alike', async () => {
  const { email } = await http().chat.user();
  for (const json of [
    { email, password: 'wrong' },
    { email: 'nobody@example.com', password: 'wrong' },
  ]) {
    expectFailure(await http().call('POST /api/v1/auth/login', { json }), 401, 'INVALID_CREDENTIALS');
  }
});

it.each([
  [{ username: 'ab', email: 'x@example.com', password: 'secret' }, ['username']],
  [{ username: 'a'.repeat(51), email: 'x@example.com', password: 'secret' }, ['username']],
  [{ username: 'abc', email: 'no address', password: 'secret' }, ['email']],
  [{ username: 'abc', email: 'x@example.com', password: '12345' }, ['password']],
  [{ username: 'abc', email: 'x@example.com', password: 'a'.repeat(129) }, ['password']],
  [{ username: 1, email: {}, password: 7 }, ['username', 'email', 'password']],
])('refuses to register %j', async (json, fields) => {
  const reply = await http().call('POST /api/v1/auth/register', { json });
  expect(failedFields(reply)).toEqual(fields);
  expect(JSON.stringify(reply.body)).not.toMatch(/no address|12345/);
});

it('finds users by a part of their name', async () => {
  const ann = await http().chat.user('100%_ann@example.com');
  const search = (text: string) =>
    http().call(`GET /api/v1/users/search?username=${encodeURIComponent(text)}`, { as: ann });
  const { isAdmin: _, ...found } = ann;
  expect((await search('%_AN')).body).toEqual({ success: true, data: [found] });
  expect((await search('%_xx')).body).toEqual({ success: true, data: [] });
  expect(failedFields(await search(''))).toEqual(['username']);
  expect(failedFields(await http().call('GET /api/v1/users/search', { as: ann }))).toEqual(['username']);
});

it('takes the scheme of the token in any case, and no other token', async () => {
  const ann = await http().chat.user();
  const token = await http().chat.tokens.issue(ann);
  const profile = (authorization: string) => http().call('GET /api/v1/users/profile', { headers: { authorization } });
  for (const good of [`bearer ${token}`, `BEARER  ${token}`]) expect((await profile(good)).status).toBe(200);
  for (const bad of ['', 'Bearer', token, `Basic ${token}`, `Bearer ${token}x`, `Bearer ${token} x`]) {
    const reply = await profile(bad);
    expectFailure(reply, 401, 'UNAUTHORIZED');
    expect(reply.headers.get('www-authenticate')).toBe('Bearer');
  }
  await http().chat.deleteUser(ann);
  expectFailure(await profile(`Bearer ${token}`), 401, 'UNAUTHORIZED');
});

/** Every call of the published document that needs a token, with something in the place of its parameters. */
async function privateCalls(id: number): Promise<string[]> {
  const { body } = await http().call('GET /openapi.json');
  const paths = Object.entries(body.paths as Record<string, Record<string, { security?: unknown[] }>>);
  return paths.flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { security }]) => security?.length !== 0)
      .map(([method]) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, String(id))}`),
  );
}

it.each([
  ['whose account is gone', async (who: Principal) => void (await http().chat.deleteUser(who))],
  [
    'whose token was ended',
    async (_: Principal, claims: TokenClaims) => {
      await http().chat.sessions.end(claims);
    },
  ],
  [
    'whose other sessions were ended',
    async (_: Principal, claims: TokenClaims) => {
      await http().chat.sessions.endOthers({ ...claims, tokenId: 'the one that is kept' });
    },
  ],
])('refuses %s on every route', async (_, end) => {
  const [ann, bob] = await http().users();
  const id = await http().chat.group(ann, bob);
  const token = await http().chat.tokens.issue(bob);
  const headers = { authorization: `Bearer ${token}` };
  const calls = await privateCalls(id);
  expect(calls.length).toBeGreaterThanOrEqual(25);
  const bodies = [
    { channelId: id, text: 'from beyond' },
    { receiverId: ann.id, text: 'from beyond' },
  ];
  expect((await http().call('GET /api/v1/users/profile', { headers })).status).toBe(200);
  await end(bob, (await http().chat.tokens.verify(token)) as TokenClaims);
  for (const call of calls) {
    for (const json of call.startsWith('GET') ? [undefined] : bodies) {
      const reply = await http().call(call, { headers, ...(json && { json }) });
      expect([call, reply.status, reply.body.code]).toEqual([call, 401, 'UNAUTHORIZED']);
    }
  }
  const stored = await http().chat.sql(sql`select 1 from chats where "senderId" = ${bob.id}::int`);
  expect(stored).toEqual([]);
});

it('ends sessions by REST', async () => {
  const password = 'secret of liz';
  await http().call('POST /api/v1/auth/register', { json: { username: 'liz', email: 'liz@example.com', password } });
  const signIn = async () =>
    bearer(await http().call('POST /api/v1/auth/login', { json: { email: 'liz@example.com', password } }));
  const [one, two, three] = [await signIn(), await signIn(), await signIn()];
  const status = async (headers: Record<string, string>) =>
    (await http().call('GET /api/v1/users/profile', { headers })).status;
  const ended = await http().call('POST /api/v1/auth/logout', { headers: one });
  expect(ended).toMatchObject({ status: 200, body: { success: true, data: null, message: expect.any(String) } });
  expect([await status(one), await status(two), await status(three)]).toEqual([401, 200, 200]);
  expect((await http().call('POST /api/v1/auth/logout-all', { headers: two })).status).toBe(200);
  expect([await status(two), await status(three), await status(await signIn())]).toEqual([200, 401, 200]);
  const change = { currentPassword: password, password: 'another secret' };
  const four = await signIn();
  expect((await http().call('PUT /api/v1/users/profile', { headers: four, json: change })).status).toBe(200);
  expect([await status(two), await status(four)]).toEqual([401, 200]);
  for (const path of ['logout', 'logout-all']) {
    expectFailure(await http().call(`POST /api/v1/auth/${path}`), 401, 'UNAUTHORIZED');
  }
});
