// Raw WebSocket on the whole service: who gets in, by which way, and whom the connection belongs to then.
import { randomBytes } from 'node:crypto';
import { sign } from 'hono/jwt';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { readConfig } from '../../src/runtime/config/config.ts';
import { type RunningService, startService } from '../../src/runtime/service.ts';
import { createDatabase } from '../support/postgres.ts';
import { openWs, refusedWs, type WsOptions } from '../support/ws-client.ts';

const SECRET = randomBytes(32).toString('base64url');
const ORIGIN = 'https://chat.example';

let service: RunningService;
let base: string;
let databaseUrl: string;
let drop: () => Promise<void>;
let ann: { id: number; token: string };

beforeAll(async () => {
  ({ url: databaseUrl, drop } = await createDatabase(inject('postgresUrl')));
  const env = { HOST: '127.0.0.1', PORT: '0', JWT_SECRET: SECRET, MIGRATE_ON_START: 'true', MAX_FRAME_BYTES: '2000' };
  const config = readConfig({ ...env, DATABASE_URL: databaseUrl, WS_CORS_ORIGIN: ORIGIN });
  service = await startService(config, { logger: { debug() {}, info() {}, warn() {}, error: console.error } });
  base = `http://127.0.0.1:${service.port}/api/v1`;
  ann = await register('ann');
});

afterAll(async () => {
  await service?.stop();
  await drop?.();
});

async function register(name: string): Promise<{ id: number; token: string }> {
  const answer = await fetch(`${base}/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: name, email: `${name}@example.org`, password: 'a password' }),
  });
  const { data } = (await answer.json()) as { data: { user: { id: number }; token: string } };
  return { id: data.user.id, token: data.token };
}

const open = (options: WsOptions = {}, query = '') => openWs(`${base}/ws${query}`, options);
const refused = (options: WsOptions = {}, query = '') => refusedWs(`${base}/ws${query}`, options);

describe('a token', () => {
  test.each<[string, (token: string) => [WsOptions, string?]]>([
    ['in Authorization', (token) => [{ token }]],
    ['in the query', (token) => [{}, `?token=${token}`]],
    ['as a subprotocol', (token) => [{ protocols: ['chat.v1', `bearer.${token}`] }]],
    ['in all three places', (token) => [{ token, protocols: ['chat.v1', `bearer.${token}`] }, `?token=${token}`]],
  ])('%s makes the connection the user’s', async (_name, how) => {
    const client = await open(...how(ann.token));
    const { data } = await client.next('connection.connect');
    expect(data).toMatchObject({ user_id: ann.id, username: 'ann', status: 'connected' });
    await client.close();
  });

  test('in a frame does so later, and not before', async () => {
    const client = await open();
    client.send({ type: 'channel.join', id: 'j', data: { channel_id: 1 } });
    expect(await client.next('error')).toMatchObject({ id: 'j', data: { code: 'NOT_AUTHENTICATED' } });
    client.send({ type: 'authenticate', id: 'a', data: { token: ann.token } });
    expect(await client.next('connection.connect')).toMatchObject({ id: 'a', data: { user_id: ann.id } });
    await client.close();
  });

  test('that is bad, has run out, or is of somebody deleted is refused before the upgrade', async () => {
    const now = Math.floor(Date.now() / 1000);
    const outdated = await sign({ userId: ann.id, iat: now - 60, exp: now - 1 }, SECRET);
    const forged = await sign({ userId: ann.id, exp: now + 60 }, `${SECRET}x`);
    const gone = await register('gone');
    const sql = postgres(databaseUrl, { max: 1 });
    await sql`delete from users where id = ${gone.id}`;
    await sql.end();
    for (const token of ['nonsense', outdated, forged, gone.token]) {
      const { status, body, headers } = await refused({ token });
      expect(status).toBe(401);
      expect(body).toEqual({
        success: false,
        code: 'UNAUTHORIZED',
        message: expect.any(String),
        requestId: headers['x-request-id'],
      });
    }
  });

  test('beside another one is refused: whose connection would it be?', async () => {
    const bob = await register('bob');
    expect((await refused({ token: ann.token }, `?token=${bob.token}`)).status).toBe(401);
  });
});

describe('an origin', () => {
  test('that is allowed, or none, may connect; a foreign one may not, whatever its token', async () => {
    await (await open({ origin: ORIGIN })).close();
    const { status, body } = await refused({ origin: 'https://evil.example', token: ann.token });
    expect([status, body.code]).toEqual([403, 'FORBIDDEN']);
  });
});

describe('the address', () => {
  test('takes upgrades only', async () => {
    const answer = await fetch(`${base}/ws`);
    expect([answer.status, await answer.json()]).toMatchObject([426, { success: false, code: 'UPGRADE_REQUIRED' }]);
    expect((await fetch(`${base}/ws`, { method: 'POST' })).status).toBeGreaterThanOrEqual(400);
  });

  test('is the only one of its kind', async () => {
    const { status, body } = await refusedWs(`${base}/elsewhere`, { token: ann.token });
    expect([status, body.code]).toEqual([404, 'NOT_FOUND']);
    expect((await refusedWs(base.replace('/api/v1', '/nowhere'))).body.code).toBe('NOT_FOUND');
  });
});

describe('a connection is closed', () => {
  test('with 1003 for a binary message', async () => {
    const client = await open();
    client.socket.send(Buffer.from('{"type":"ping"}'), { binary: true });
    expect((await client.closed).code).toBe(1003);
  });

  test('with 1009 for a message above MAX_FRAME_BYTES', async () => {
    const client = await open();
    client.send(`{"type":"ping"${' '.repeat(1985)}}`);
    await client.next('pong');
    client.send(`{"type":"ping"${' '.repeat(1986)}}`);
    expect((await client.closed).code).toBe(1009);
  });
});
