// PostgreSQL answers, and refuses: read-only, full, without a right, without connections, in recovery. Each is one line in the
// log, a reason in /ready, UNAVAILABLE to clients; and when it is over nothing is lost, nothing is there twice, and all goes
// on without a restart of ours.
import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LogLine, type ServiceProcess, startServiceProcess } from '../support/node-process.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { type NetworkProxy, startProxy } from '../support/proxy.ts';
import { until } from '../support/until.ts';
import { type Connection, openConnection, Refused } from './harness/connection.ts';
import { figures } from './harness/figures.ts';
import { pause } from './harness/pause.ts';
import { SECRET } from './harness/people.ts';
import { sized, TIME_LIMIT_MS } from './harness/scale.ts';

/** How long each lasts, in ms. */
const LASTS_MS = sized(4_000, 12_000);

let server: PostgresServer;
/** The way of the node to the server, so that an administrator can lead it elsewhere. */
let way: NetworkProxy;
const target = { host: '127.0.0.1', port: 0 };
let admin: Sql;
let node: ServiceProcess;
let token: string;
let channelId: number;
let connection: Connection;
let made = 0;

beforeAll(async () => {
  const few = ['max_connections=20', 'superuser_reserved_connections=5', 'max_locks_per_transaction=10'];
  server = await startPostgres(few, { size: '1m', name: 'small' });
  target.port = server.port;
  way = await startProxy(target);
  admin = connect(server.url);
  await admin.unsafe('create role chat login');
  await admin.unsafe('create database chat owner chat');
  node = await startServiceProcess({
    env: {
      DATABASE_URL: `postgres://chat@127.0.0.1:${way.port}/chat`,
      DB_POOL_MAX: '3',
      MIGRATE_ON_START: 'true',
      JWT_SECRET: SECRET,
      ...{ RATE_LIMIT_MAX_REQUESTS: '0', AUTH_RATE_LIMIT_MAX_REQUESTS: '0', WS_RATE_LIMIT_PER_SECOND: '0' },
    },
  });
  const user = { username: 'ann', email: 'ann@example.com', password: 'correct horse' };
  token = ((await call('POST', '/auth/register', user)).data as { token: string }).token;
  channelId = ((await call('POST', '/channels', { type: 'group', name: 'all' })).data as { id: number }).id;
  connection = await openConnection('raw', node.url, token, () => {});
});
afterAll(async () => {
  connection?.cut();
  await node?.stop('SIGKILL');
  await admin?.end({ timeout: 1 });
  await way?.stop();
  await server?.stop();
});

function connect(url: string, database = 'postgres'): Sql {
  return postgres(url.replace(/\/postgres$/, `/${database}`), { max: 1, onnotice: () => {}, backoff: () => 0.1 });
}

/** Runs statements in the service's database as the superuser. */
async function inChat(statements: string): Promise<void> {
  const sql = connect(server.url, 'chat');
  await sql.unsafe(statements);
  await sql.end();
}

interface Reply {
  readonly status: number;
  readonly code?: string;
  readonly data?: unknown;
}

async function call(method: string, path: string, body?: object): Promise<Reply> {
  const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
  const response = await fetch(`${node.url}/api/v1${path}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, ...((await response.json()) as object) };
}

async function ready(): Promise<{ status: number; database: string }> {
  const response = await fetch(`${node.url}/ready`);
  const { checks } = (await response.json()) as { checks: { database: string } };
  return { status: response.status, database: checks.database };
}

interface Sent {
  readonly clientId: string;
  readonly text: string;
  said: string;
}

/** One message by REST or by a frame, large enough to need room of its own. */
async function send(): Promise<Sent> {
  made += 1;
  const sent: Sent = { clientId: `c${made}`, text: randomBytes(3_000).toString('base64'), said: '' };
  const { clientId, text } = sent;
  if (made % 2 === 0) {
    const { status, code } = await call('POST', '/messages', { channelId, text, clientId });
    return { ...sent, said: code ?? String(status) };
  }
  const asked = connection.call('channel.message', { channel_id: channelId, text, client_id: clientId });
  const said = await asked.then(
    () => '201',
    (error: unknown) => (error instanceof Refused ? error.code : String(error)),
  );
  return { ...sent, said };
}

/** What the service said about its database beside what it says about requests. */
function lines(from: number): LogLine[] {
  return node.log.slice(from).filter(({ level, msg }) => level !== 'info' || msg.startsWith('the database'));
}

interface Refusing {
  readonly what: string;
  /** In `/ready`. */
  readonly reason: RegExp;
  /** In the log; the same as in `/ready` unless given. */
  readonly line?: RegExp;
  /** Gives its end. */
  readonly begin: () => Promise<() => Promise<void>>;
}

/** What PgBouncer says in place of a server, as the protocol has it: a type, a length, fields that end with a zero. */
const POOLER_REFUSES = (() => {
  const fields = ['SFATAL', 'VFATAL', 'C08P01', 'Mno more connections allowed (max_client_conn)'];
  const body = Buffer.from(`${fields.join('\0')}\0\0`);
  const head = Buffer.from('E\0\0\0\0');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
})();

async function hold(count: number, user: string): Promise<Sql[]> {
  const held = Array.from({ length: count }, () => connect(server.url.replace('postgres@', `${user}@`), 'chat'));
  await Promise.allSettled(held.map((sql) => sql`select 1`));
  return held;
}

const endAll = async (held: readonly Sql[]) => void (await Promise.all(held.map((sql) => sql.end({ timeout: 1 }))));
const disconnect = () =>
  admin`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'chat-service'`;
const alter = async (setting: string) => {
  await admin.unsafe(`alter system ${setting}`);
  await admin`select pg_reload_conf()`;
};

const REFUSALS: readonly Refusing[] = [
  {
    what: 'has no room on its disk',
    reason: /disk full/,
    async begin() {
      await admin.unsafe(`create tablespace small location '${join(server.directory, 'small')}'`);
      await inChat('alter table chats set tablespace small');
      return async () => {
        await inChat('alter table chats set tablespace pg_default');
        await admin.unsafe('drop tablespace small');
      };
    },
  },
  {
    what: 'is read-only',
    reason: /read-only/,
    async begin() {
      await alter('set default_transaction_read_only = on');
      return () => alter('reset default_transaction_read_only');
    },
  },
  {
    what: 'has no memory left for locks',
    reason: /out of memory/,
    async begin() {
      const sql = connect(server.url, 'chat');
      await sql`select pg_advisory_lock(n) from generate_series(1, 1000000) n`.catch(() => {});
      return () => sql.end();
    },
  },
  {
    what: 'does not let the service write messages',
    reason: /permission denied/,
    async begin() {
      await inChat('alter table chats owner to postgres; grant select on chats to chat');
      return () => inChat('alter table chats owner to chat');
    },
  },
  {
    what: 'does not let it read users',
    reason: /permission denied/,
    async begin() {
      await inChat('alter table users owner to postgres');
      return () => inChat('alter table users owner to chat');
    },
  },
  {
    what: 'has no connection left',
    reason: /too many connections/,
    async begin() {
      await admin.unsafe('alter role chat connection limit 3');
      await disconnect();
      const held = await hold(3, 'chat');
      await disconnect();
      return async () => {
        await endAll(held);
        await admin.unsafe('alter role chat connection limit -1');
      };
    },
  },
  {
    what: 'refuses the user',
    reason: /the user is refused/,
    async begin() {
      await admin.unsafe('alter role chat nologin');
      await disconnect();
      return async () => void (await admin.unsafe('alter role chat login'));
    },
  },
  {
    what: 'takes no connections to the database',
    reason: /connections are refused/,
    async begin() {
      await admin.unsafe('alter database chat allow_connections false');
      await disconnect();
      return async () => void (await admin.unsafe('alter database chat allow_connections true'));
    },
  },
  {
    what: 'stands behind a pooler that refuses',
    reason: /connections are refused/,
    async begin() {
      const pooler = createServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => socket.end(POOLER_REFUSES));
      });
      await new Promise<void>((resolve) => pooler.listen(0, '127.0.0.1', resolve));
      target.port = (pooler.address() as AddressInfo).port;
      await disconnect();
      return async () => {
        target.port = server.port;
        pooler.close();
      };
    },
  },
  {
    what: 'is shut down, and starts again',
    reason: /unreachable|starting|no answer/,
    async begin() {
      await server.shutDown();
      return () => server.restart();
    },
  },
];
/** Sends for a while; gives what was sent. */
async function sendFor(ms: number): Promise<Sent[]> {
  const end = performance.now() + ms;
  const sent: Sent[] = [];
  while (performance.now() < end) {
    sent.push(...(await Promise.all([send(), send()])));
    await pause(50);
  }
  return sent;
}

async function inOrder(all: readonly Sent[]): Promise<void> {
  for (const { clientId, text } of all) {
    const { status } = await call('POST', '/messages', { channelId, text, clientId });
    expect([200, 201]).toContain(status);
  }
  const sql = connect(server.url, 'chat');
  const rows = await sql<{ clientId: string; seq: number }[]>`select "clientId", seq from chats order by seq`;
  await sql.end();
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
  expect(new Set(rows.map(({ clientId }) => clientId)).size).toBe(rows.length);
  for (const { clientId } of all) expect(rows.filter((row) => row.clientId === clientId)).toHaveLength(1);
}

describe('PostgreSQL', () => {
  for (const { what, reason, line = reason, begin } of REFUSALS) {
    it(
      what,
      async (test) => {
        const all = await Promise.all([send(), send()]);
        expect(all.map(({ said }) => said)).toEqual(['201', '201']);
        const from = node.log.length;
        const end = await begin();
        try {
          await until('somebody is refused', async () => {
            all.push(...(await Promise.all(Array.from({ length: 20 }, send))));
            return all.at(-1)?.said === 'UNAVAILABLE';
          });
          all.push(...(await sendFor(LASTS_MS)));
          expect([...new Set(all.map(({ said }) => said))].sort()).toEqual(['201', 'UNAVAILABLE']);
          const state = await ready();
          expect(state).toEqual({ status: 503, database: expect.stringMatching(reason) });
          // A line for each reason, once: that the sessions were ended is one of its own.
          const said = lines(from);
          expect(said.map(({ level }) => level)).toEqual(said.map(() => 'error'));
          expect(new Set(said.map(({ msg }) => msg)).size).toBe(said.length);
          expect(said.length).toBeLessThanOrEqual(2);
          expect(said.at(-1)?.msg).toMatch(line);
        } finally {
          await end();
        }
        await until(
          'it is over',
          async () => {
            all.push(await send());
            return all.at(-1)?.said === '201';
          },
          30_000,
        );
        await until(
          'it is ready',
          async () => {
            all.push(await send());
            return (await ready()).status === 200;
          },
          30_000,
        );
        await inOrder(all);
        await until(
          'the log says so',
          async () => {
            await send();
            return lines(from).filter(({ level }) => level === 'info').length * 2 === lines(from).length;
          },
          30_000,
        );
        figures(test, { sent: all.length, refused: all.filter(({ said }) => said === 'UNAVAILABLE').length });
      },
      TIME_LIMIT_MS,
    );
  }
});
