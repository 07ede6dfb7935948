// The primary is fenced and its standby takes over, while the old one lives on and keeps our connections: they are left, and
// nothing is lost.
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServiceProcess, startServiceProcess } from '../support/node-process.ts';
import { type PostgresServer, startPostgres, startStandby } from '../support/postgres.ts';
import { type NetworkProxy, startProxy } from '../support/proxy.ts';
import { until } from '../support/until.ts';
import { figures } from './harness/figures.ts';
import { SECRET } from './harness/people.ts';
import { TIME_LIMIT_MS } from './harness/scale.ts';

let first: PostgresServer;
let second: PostgresServer;
/** What the service takes for the database: an address that is moved, as a proxy or a name is. */
let way: NetworkProxy;
const target = { host: '127.0.0.1', port: 0 };
let node: ServiceProcess;
let links: Sql[];

beforeAll(async () => {
  first = await startPostgres();
  second = await startStandby(first);
  target.port = first.port;
  way = await startProxy(target);
  node = await startServiceProcess({
    env: {
      DATABASE_URL: `postgres://postgres@127.0.0.1:${way.port}/postgres`,
      MIGRATE_ON_START: 'true',
      JWT_SECRET: SECRET,
      ...{ RATE_LIMIT_MAX_REQUESTS: '0', AUTH_RATE_LIMIT_MAX_REQUESTS: '0' },
    },
  });
  links = [first, second].map(({ url }) => postgres(url, { max: 1, onnotice: () => {} }));
});
afterAll(async () => {
  await node?.stop('SIGKILL');
  await Promise.all(links?.map((sql) => sql.end({ timeout: 1 })) ?? []);
  await way?.stop();
  await Promise.all([first?.stop(), second?.stop()]);
});

async function call<T>(
  method: string,
  path: string,
  token: string,
  body?: object,
): Promise<{ status: number; data: T }> {
  const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const response = await fetch(`${node.url}/api/v1${path}`, init);
  return { status: response.status, ...((await response.json()) as { data: T }) };
}

const ready = async () => (await fetch(`${node.url}/ready`)).text();

it(
  'goes on with the new primary by itself, whether anybody writes or only asks /ready',
  async (test) => {
    const [old, next] = links as [Sql, Sql];
    const user = { username: 'ann', email: 'ann@example.com', password: 'correct horse' };
    const { token } = (await call<{ token: string }>('POST', '/auth/register', '', user)).data;
    const channelId = (await call<{ id: number }>('POST', '/channels', token, { type: 'group', name: 'all' })).data.id;
    const acked: string[] = [];
    let sent = 0;
    let refused = 0;
    const send = async (): Promise<boolean> => {
      sent += 1;
      const clientId = `c${sent}`;
      const { status } = await call('POST', '/messages', token, { channelId, text: clientId, clientId });
      expect([201, 503]).toContain(status);
      if (status === 201) acked.push(clientId);
      else refused += 1;
      return status === 201;
    };
    for (let n = 0; n < 10; n += 1) expect(await send()).toBe(true);

    await old.unsafe('alter system set default_transaction_read_only = on');
    await old`select pg_reload_conf()`;
    await until('the old primary takes no more', async () => !(await send()));
    expect(await ready()).toContain('read-only');
    const [{ end }] = (await old`select pg_current_wal_lsn()::text as end`) as unknown as [{ end: string }];
    await until('the standby has all', async () => {
      const [row] = await next<{ has: boolean }[]>`select pg_last_wal_replay_lsn() >= ${end}::pg_lsn as has`;
      return row?.has === true;
    });
    // Led to a standby before it is one no more: it answers, and is of no use.
    target.port = second.port;
    await until('it is found to be a standby', async () => (await ready()).includes('read-only') && !(await send()));
    await next`select pg_promote()`;

    const began = performance.now();
    await until('it writes again', send, 20_000);
    const took = Math.round(performance.now() - began);
    await until('it is ready', async () => (await ready()).includes('"ready"'), 20_000);
    for (let n = 0; n < 20; n += 1) expect(await send()).toBe(true);
    const stored = await next<{ clientId: string; seq: number }[]>`select "clientId", seq from chats order by seq`;
    expect(stored.map(({ clientId }) => clientId)).toEqual(acked);
    expect(stored.map(({ seq }) => seq)).toEqual(acked.map((_, index) => index + 1));
    const page = await call<{ clientId: string }[]>('GET', `/messages/channel/${channelId}?limit=100`, token);
    expect(page.data.map(({ clientId }) => clientId)).toEqual(acked);
    // Nobody is left on the old one.
    await until(
      'the old one is left',
      async () => {
        const rows = await old`select 1 from pg_stat_activity where application_name = 'chat-service'`;
        return rows.length === 0;
      },
      20_000,
    );
    figures(test, { acked: acked.length, refused, 'writes again after ms': took });
  },
  TIME_LIMIT_MS,
);
