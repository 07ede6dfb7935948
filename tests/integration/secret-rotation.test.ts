// The secret of tokens is replaced on two running nodes, one after the other: nobody is signed out, on any transport.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { connect, TRANSPORTS } from '../support/contract-clients.ts';
import { type ServiceProcess, startServiceProcess } from '../support/node-process.ts';
import { createDatabase } from '../support/postgres.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';

const OLD = randomBytes(32).toString('base64url');
const NEW = randomBytes(32).toString('base64url');
const LOGIN = { email: 'ann@example.com', password: 'correct horse' };

type Settings = Readonly<Record<string, string>>;

let database: { url: string; drop(): Promise<void> };
let redis: RedisServer;
const nodes: ServiceProcess[] = [];

beforeAll(async () => {
  [database, redis] = await Promise.all([createDatabase(inject('postgresUrl')), startRedis()]);
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop('SIGKILL')));
  await Promise.all([database.drop(), redis.stop()]);
});

function start(secrets: Settings): Promise<ServiceProcess> {
  const shared = { NODE_ENV: 'production', DATABASE_URL: database.url, REDIS_URL: redis.url, MIGRATE_ON_START: 'true' };
  return startServiceProcess({ env: { ...shared, AUTH_RATE_LIMIT_MAX_REQUESTS: '0', ...secrets } });
}

async function post(url: string, path: string, body: object): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return ((await answer.json()) as { data: { token: string } }).data.token;
}

/** Which ways in are open with this token: REST, and each transport by its handshake and by a frame. */
async function ways(url: string, token: string): Promise<Record<string, boolean>> {
  const headers = { authorization: `Bearer ${token}` };
  const found: Record<string, boolean> = { REST: (await fetch(`${url}/api/v1/users/profile`, { headers })).ok };
  for (const transport of TRANSPORTS) {
    const early = connect(transport, url, { token });
    found[`${transport}, handshake`] = await early
      .then((client) => client.close())
      .then(
        () => true,
        () => false,
      );
    const late = await connect(transport, url);
    found[`${transport}, frame`] = await late.call('authenticate', { token }).then(
      () => true,
      () => false,
    );
    await late.close();
  }
  return found;
}

const everyWay = (open: boolean) => ({
  REST: open,
  'raw, handshake': open,
  'raw, frame': open,
  'socketio, handshake': open,
  'socketio, frame': open,
});

it('takes three rounds over both nodes, after which the old secret opens nothing', async () => {
  nodes.push(await start({ JWT_SECRET: OLD }), await start({ JWT_SECRET: OLD }));
  const [first] = nodes as [ServiceProcess, ServiceProcess];
  const tokens = new Set([await post(first.url, '/auth/register', { username: 'ann', ...LOGIN })]);

  /** Restarts both, one after the other; after each restart everybody who ever signed in is let in everywhere. */
  async function round(secrets: Settings): Promise<void> {
    for (const index of nodes.keys()) {
      const stayed = await connect('raw', (nodes[1 - index] as ServiceProcess).url, { token: [...tokens][0] ?? '' });
      await nodes[index]?.stop();
      nodes[index] = await start(secrets);
      for (const { url } of nodes) tokens.add(await post(url, '/auth/login', LOGIN));
      await expectOpen([...tokens]);
      await stayed.fence();
      await stayed.close();
    }
  }

  async function expectOpen(all: readonly string[]): Promise<void> {
    for (const { url } of nodes) for (const token of all) expect(await ways(url, token)).toEqual(everyWay(true));
  }

  await round({ JWT_SECRET: OLD, JWT_SECRET_NEXT: NEW });
  const ofOld = [...tokens];
  await round({ JWT_SECRET: NEW, JWT_SECRET_PREVIOUS: OLD });
  const ofBoth = [...tokens];
  tokens.clear();
  for (const { url } of nodes) tokens.add(await post(url, '/auth/login', LOGIN));
  const ofNew = [...tokens];
  await round({ JWT_SECRET: NEW });

  expect(ofBoth.length).toBeGreaterThan(ofOld.length);
  await expectOpen(ofNew);
  for (const { url } of nodes) {
    for (const token of ofOld) expect(await ways(url, token)).toEqual(everyWay(false));
  }
}, 120_000);
