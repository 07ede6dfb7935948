// Limits on REST calls: counted for a user or an address, once over all nodes, and truly told.
import { describe, expect, test } from 'vitest';
import { type Service, type Target, withService } from '../../support/service-under-test.ts';
import { connector } from './kit/live.ts';
import { PASSWORD, type Person, person, unique } from './kit/people.ts';
import { expectFailure, type Reply, rest } from './kit/rest.ts';
import { tokenFor } from './kit/tokens.ts';
import type { Session } from './kit/wire.ts';

const WINDOW_MS = 60_000;

/** Makes an account as a client behind a proxy with an address of its own, so that no limit of a test counts it. */
async function newcomer(service: Service): Promise<Person> {
  const body = { username: unique(), email: `${unique()}@example.com`, password: PASSWORD };
  const behind = rest(service.url(0), undefined, { 'x-forwarded-for': address() });
  return person(service, (await behind.post<Session>('/auth/register', body)).data);
}

let lastAddress = 0;
const address = (): string => `10.0.${Math.floor(++lastAddress / 250)}.${1 + (lastAddress % 250)}`;

interface Limit {
  limit: number;
  remaining: number;
  reset: number;
}

function limitOf({ headers }: Reply<unknown>): Limit {
  const number = (name: string) => Number(headers.get(`x-ratelimit-${name}`) ?? Number.NaN);
  return { limit: number('limit'), remaining: number('remaining'), reset: number('reset') };
}

/** The reset is in epoch seconds, within the window. */
function expectReset({ reset }: Limit): void {
  expect(Number.isInteger(reset)).toBe(true);
  expect(reset * 1000).toBeGreaterThan(Date.now() - 1000);
  expect(reset * 1000).toBeLessThanOrEqual(Date.now() + WINDOW_MS + 1000);
}

export function rateLimitsSuite(target: Target): void {
  describe('limits of requests', () => {
    const env = {
      RATE_LIMIT_WINDOW_MS: String(WINDOW_MS),
      RATE_LIMIT_MAX_REQUESTS: '6',
      AUTH_RATE_LIMIT_MAX_REQUESTS: '4',
      TRUST_PROXY: 'true',
    };

    describe('rate limits', () => {
      const service = withService(target, env);
      const connect = connector(service, 'raw');

      test('tell a signed-in user truly what is left, until nothing is', async () => {
        const ann = await newcomer(service);
        const apis = [ann.api, ann.elsewhere];
        const resets = new Set<number>();
        for (let n = 1; n <= 6; n++) {
          const reply = await (apis[n % 2] ?? ann.api).get('/users/profile');
          expect(reply.status).toBe(200);
          expect(limitOf(reply)).toMatchObject({ limit: 6, remaining: 6 - n });
          expectReset(limitOf(reply));
          resets.add(limitOf(reply).reset);
        }
        expect(Math.max(...resets) - Math.min(...resets)).toBeLessThanOrEqual(1);
        for (const api of apis) {
          const reply = await api.get('/users/profile');
          expectFailure(reply, 429, 'RATE_LIMITED');
          expect(limitOf(reply)).toMatchObject({ limit: 6, remaining: 0 });
          const wait = Number(reply.headers.get('retry-after'));
          expect(wait).toBeGreaterThan(0);
          expect(wait).toBeLessThanOrEqual(WINDOW_MS / 1000 + 1);
          expect(Math.abs(Date.now() / 1000 + wait - limitOf(reply).reset)).toBeLessThanOrEqual(2);
        }
      });

      test('count each user by themselves, from wherever they call', async () => {
        const [ann, bob] = [await newcomer(service), await newcomer(service)];
        for (let n = 0; n < 7; n++) await ann.api.get('/channels');
        const moved = rest(service.url(0), ann.token, { 'x-forwarded-for': address() });
        expectFailure(await moved.get('/channels'), 429, 'RATE_LIMITED');
        expect((await bob.api.get('/channels')).status).toBe(200);
        const fresh = rest(service.url(0), tokenFor(ann));
        expectFailure(await fresh.get('/channels'), 429, 'RATE_LIMITED');
      });

      test('come with failures too', async () => {
        const ann = await newcomer(service);
        for (const path of ['/channels/2000000000', '/channels/x', '/messages/channel/1?limit=0']) {
          expectReset(limitOf(await ann.api.get(path)));
        }
        const signedOut = await rest(service.url(0), undefined, { 'x-forwarded-for': address() }).get('/channels');
        expectFailure(signedOut, 401, 'UNAUTHORIZED');
        expect(limitOf(signedOut)).toMatchObject({ limit: 6, remaining: 5 });
      });

      test('count the signed-out by their address', async () => {
        const from = address();
        const apis = [0, 1].map((node) => rest(service.url(node), undefined, { 'x-forwarded-for': from }));
        for (let n = 0; n < 6; n++) expectFailure(await at(apis, n).get('/channels'), 401, 'UNAUTHORIZED');
        for (const api of apis) expectFailure(await api.get('/channels'), 429, 'RATE_LIMITED');
        const other = rest(service.url(0), undefined, { 'x-forwarded-for': address() });
        expectFailure(await other.get('/channels'), 401, 'UNAUTHORIZED');
      });

      test('on registering and signing in are stricter and count the address, right or wrong', async () => {
        const from = address();
        const ann = await newcomer(service);
        const apis = [0, 1].map((node) => rest(service.url(node), undefined, { 'x-forwarded-for': from }));
        const login = (n: number, password: string) => at(apis, n).post('/auth/login', { email: ann.email, password });
        const first = await login(0, PASSWORD);
        expect(first.status).toBe(200);
        expect(limitOf(first)).toMatchObject({ limit: 4, remaining: 3 });
        expectFailure(await login(1, 'wrong password'), 401, 'INVALID_CREDENTIALS');
        expectFailure(await at(apis, 0).post('/auth/register', {}), 400, 'VALIDATION_FAILED');
        const last = await login(1, PASSWORD);
        expect(last.status).toBe(200);
        expect(limitOf(last)).toMatchObject({ limit: 4, remaining: 0 });
        const refused = await login(0, PASSWORD);
        expectFailure(refused, 429, 'RATE_LIMITED');
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
        expectFailure(await at(apis, 1).post('/auth/register', {}), 429, 'RATE_LIMITED');
        const elsewhere = rest(service.url(0), undefined, { 'x-forwarded-for': address() });
        expect((await elsewhere.post('/auth/login', { email: ann.email, password: PASSWORD })).status).toBe(200);
      });

      test('hold nobody back from what is already connected', async () => {
        const ann = await newcomer(service);
        for (let n = 0; n < 7; n++) await ann.api.get('/channels');
        expectFailure(await ann.api.get('/channels'), 429, 'RATE_LIMITED');
        const client = await connect(ann);
        for (let n = 0; n < 30; n++) await client.call('direct.message', { receiver_id: ann.id, text: `${n}` });
      });
    });

    describe('rate limits of a service that trusts no proxy', () => {
      const service = withService(target, { ...env, TRUST_PROXY: 'false', RATE_LIMIT_WINDOW_MS: '1500' });

      test('ignore what the client says about its address, and end with the window', async () => {
        const call = () => rest(service.url(0), undefined, { 'x-forwarded-for': address() }).get('/channels');
        const statuses: number[] = [];
        let reply = await call();
        while (reply.status !== 429 && statuses.length < 20) {
          statuses.push(reply.status);
          reply = await call();
        }
        expectFailure(reply, 429, 'RATE_LIMITED');
        expect(statuses).toEqual(Array(6).fill(401));
        await expect.poll(async () => (await call()).status, { timeout: 5000, interval: 100 }).toBe(401);
      });
    });

    describe('rate limits of 0', () => {
      const service = withService(target);

      test('are none', async () => {
        const reply = await rest(service.url(0)).get('/channels');
        expect(reply.headers.get('x-ratelimit-limit')).toBeNull();
        const calls = Array.from({ length: 150 }, () => rest(service.url(0)).get('/channels'));
        for (const { status } of await Promise.all(calls)) expect(status).toBe(401);
      });
    });
  });
}

function at<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T;
}
