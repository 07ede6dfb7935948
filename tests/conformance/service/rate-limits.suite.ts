// Limits on REST calls: counted for a user or an address, once over all nodes, and truly told.
import { io } from 'socket.io-client';
import { describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import {
  type ChatClient,
  rawAddress,
  rawClient,
  socketIoClient,
  TRANSPORTS,
  type TransportName,
} from '../../support/contract-clients.ts';
import { type Service, type Target, withService } from '../../support/service-under-test.ts';
import { connector } from './kit/live.ts';
import { PASSWORD, type Person, person, unique } from './kit/people.ts';
import { expectFailure, type Reply, rest } from './kit/rest.ts';
import { signToken, tokenFor } from './kit/tokens.ts';
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

      describe('of forged tokens', () => {
        const forged = ({ id }: Person) => signToken({ userId: id, exp: 4e9 }, { secret: 'another' });
        const loginFrom = (from: string) =>
          rest(service.url(1), undefined, { 'x-forwarded-for': from }).post('/auth/login', {});

        test('at a handshake count with registering and signing in; those that ran out or were ended do not', async () => {
          const [ann, from] = [await newcomer(service), address()];
          const ended = await newcomer(service);
          await ended.api.post('/auth/logout');
          for (let n = 0; n < 10; n++) {
            for (const token of [tokenFor(ann, -5), ended.token, signToken({ userId: ann.id, exp: 4e9, aud: 'x' })]) {
              expect((await handshake(service.url(n), token, from)).status).toBe(401);
            }
          }
          for (const token of ['nonsense', forged(ann), signToken({ userId: ann.id, exp: 4e9 }, { alg: 'none' })]) {
            expect((await handshake(service.url(0), token, from)).status).toBe(401);
          }
          expect((await handshake(service.url(1), forged(ann), from)).status).toBe(401);
          const refused = await handshake(service.url(0), forged(ann), from);
          expect(refused).toMatchObject({ status: 429, code: 'RATE_LIMITED', limit: '4', remaining: '0' });
          expect(Number(refused.retryAfter)).toBeGreaterThan(0);
          expectFailure(await loginFrom(from), 429, 'RATE_LIMITED');
          expect((await handshake(service.url(0), ann.token, from)).status).toBe(101);
          expect((await handshake(service.url(0), forged(ann), address())).status).toBe(401);
        });

        test.each(TRANSPORTS)('in a frame over %s count too, and end the connection', async (transport) => {
          const [ann, from] = [await newcomer(service), address()];
          const codes: string[] = [];
          for (let n = 0; n < 6; n++) {
            const client = await connectFrom(transport, service.url(n), from);
            codes.push((await client.refused('authenticate', { token: forged(ann) })).code);
            await client.closed;
          }
          expect(codes).toEqual([...Array(4).fill('AUTHENTICATION_FAILED'), 'RATE_LIMITED', 'RATE_LIMITED']);
          const client = await connectFrom(transport, service.url(0), from);
          await client.call('authenticate', { token: ann.token });
          await client.close();
        });
      });

      test('on an IPv6 network count all of its addresses, and those that a proxy writes with a port', async () => {
        const net = (++lastAddress).toString(16);
        const login = (from: string) =>
          rest(service.url(lastAddress), undefined, { 'x-forwarded-for': from }).post('/auth/login', {});
        for (const from of [`2001:db8:0:${net}::1`, `[2001:db8:0:${net}::2]:443`, `2001:DB8:0:${net}:3::`, address()]) {
          expectFailure(await login(from), 400, 'VALIDATION_FAILED');
        }
        expectFailure(await login(`1.2.3.4, 2001:db8:0:${net}:ffff:ffff:ffff:ffff`), 400, 'VALIDATION_FAILED');
        expectFailure(await login(`2001:db8:0:${net}::9`), 429, 'RATE_LIMITED');
        expectFailure(await login(`2001:db8:1:${net}::1`), 400, 'VALIDATION_FAILED');
        const ipv4 = address();
        for (const from of [ipv4, `${ipv4}:1`, `${ipv4}:2`, `::ffff:${ipv4}`]) await login(from);
        expectFailure(await login(`[::ffff:${ipv4}]:3`), 429, 'RATE_LIMITED');
      });

      test('hold nobody back from what is already connected', async () => {
        const ann = await newcomer(service);
        for (let n = 0; n < 7; n++) await ann.api.get('/channels');
        expectFailure(await ann.api.get('/channels'), 429, 'RATE_LIMITED');
        const client = await connect(ann);
        for (let n = 0; n < 30; n++) await client.call('direct.message', { receiver_id: ann.id, text: `${n}` });
      });
    });

    describe('limits of wrong passwords', () => {
      const service = withService(target, { ...env, RATE_LIMIT_MAX_REQUESTS: '0', AUTH_FAILURES_PER_ACCOUNT: '3' });
      const login = (email: string, password: string, from: string, node = 0) =>
        rest(service.url(node), undefined, { 'x-forwarded-for': from }).post<Session>('/auth/login', {
          email,
          password,
        });

      test.each(['of an account', 'of an email that nobody has'])(
        '%s count from everywhere, and stop',
        async (whose) => {
          const known = address();
          const body = { username: unique(), email: `${unique()}@example.com`, password: PASSWORD };
          const home = rest(service.url(0), undefined, { 'x-forwarded-for': known });
          const isThere = whose === 'of an account';
          if (isThere) await home.post('/auth/register', body);
          for (let n = 0; n < 3; n++) {
            const email = n === 1 ? body.email.toUpperCase() : body.email;
            expectFailure(await login(email, 'wrong', address(), n), 401, 'INVALID_CREDENTIALS');
          }
          for (const password of ['wrong', PASSWORD]) {
            const refused = await login(body.email, password, address(), 1);
            expectFailure(refused, 429, 'RATE_LIMITED');
            expect(limitOf(refused)).toMatchObject({ limit: 3, remaining: 0 });
            expectReset(limitOf(refused));
            expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
          }
          const atHome = await login(body.email, PASSWORD, known, 1);
          if (isThere) expect(atHome.status).toBe(200);
          else expectFailure(atHome, 429, 'RATE_LIMITED');
          expectFailure(await login(`other-${body.email}`, 'wrong', address()), 401, 'INVALID_CREDENTIALS');
        },
      );

      test('count where the current password is asked for, and right ones never do', async () => {
        const ann = await newcomer(service);
        const away = rest(service.url(1), ann.token, { 'x-forwarded-for': address() });
        const change = (currentPassword: string) => away.put('/users/profile', { currentPassword, avatar: 'a.png' });
        for (let n = 0; n < 5; n++) expect((await change(PASSWORD)).status).toBe(200);
        for (let n = 0; n < 3; n++) expectFailure(await change('wrong'), 400, 'WRONG_PASSWORD');
        expectFailure(await change(PASSWORD), 429, 'RATE_LIMITED');
        expectFailure(await login(ann.email, PASSWORD, address()), 429, 'RATE_LIMITED');
      });

      test('are not more where many come at once', async () => {
        const ann = await newcomer(service);
        const replies = await Promise.all(
          Array.from({ length: 20 }, (_, n) => login(ann.email, 'wrong', address(), n)),
        );
        const codes = replies.map(({ body }) => body.code).sort();
        expect(codes).toEqual([...Array(3).fill('INVALID_CREDENTIALS'), ...Array(17).fill('RATE_LIMITED')]);
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

/** What a raw handshake from this address is answered with. */
function handshake(url: string, token: string, from: string) {
  const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': from };
  const socket = new WebSocket(rawAddress(url), { headers });
  return new Promise<{ status?: number; code?: string; [header: string]: unknown }>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () => {
      socket.terminate();
      resolve({ status: 101 });
    });
    socket.once('unexpected-response', (_, answer) => {
      const {
        'retry-after': retryAfter,
        'x-ratelimit-limit': limit,
        'x-ratelimit-remaining': remaining,
      } = answer.headers;
      let text = '';
      answer.on('data', (chunk) => (text += chunk));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, ...JSON.parse(text), retryAfter, limit, remaining }),
      );
    });
  });
}

/** A connection of nobody, from this address. */
function connectFrom(transport: TransportName, url: string, from: string): Promise<ChatClient> {
  const headers = { 'x-forwarded-for': from };
  if (transport === 'raw') return rawClient(new WebSocket(rawAddress(url), { headers }));
  return socketIoClient(
    io(url, { transports: ['websocket'], reconnection: false, forceNew: true, extraHeaders: headers }),
  );
}

function at<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T;
}
