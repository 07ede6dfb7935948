// Addresses of servers that are really there: TLS with certificates, sockets, passwords of any letters, and what is said where
// there is no way in. (`openssl` makes the certificates.)

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import connect from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrate } from '../support/migrate-process.ts';
import { type ServiceProcess, spawnServiceProcess } from '../support/node-process.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { installRuntimes, type Runtime } from '../support/runtimes.ts';
import { freePort, removeDirectory, temporaryDirectory } from '../support/server-process.ts';

const PASSWORD = 'p@s/s?w#r:d%41 ä';
const RUNTIMES = ['node', 'deno', 'bun'] as const;

let directory: string;
let server: PostgresServer;
/** Speaks no TLS, and lets everybody in. */
let plain: PostgresServer;
let redis: RedisServer;
let place: string;

beforeAll(async () => {
  await installRuntimes(RUNTIMES);
  directory = temporaryDirectory('addresses');
  chmodSync(directory, 0o755);
  const sockets = join(directory, 'sockets');
  mkdirSync(sockets);
  chmodSync(sockets, 0o777);
  makeCertificates();
  redis = await startRedis(['--unixsocket', join(sockets, 'redis.sock'), '--requirepass', 'p,w@:/']);
  plain = await startPostgres();
  const account = ownerOf(plain);
  for (const name of ['server.crt', 'server.key']) chownSync(join(directory, name), account.uid, account.gid);
  server = await startPostgres([
    'ssl=on',
    `ssl_cert_file=${join(directory, 'server.crt')}`,
    `ssl_key_file=${join(directory, 'server.key')}`,
    `unix_socket_directories=${sockets}`,
  ]);
  const sql = connect(server.url, { max: 1, onnotice: () => {} });
  await sql.unsafe(`create role ada login superuser password '${PASSWORD}'`);
  await sql.unsafe('create database chat');
  const [file] = await sql`show hba_file`;
  await sql.end();
  writeFileSync(
    file?.hba_file,
    'local all all scram-sha-256\nhostssl all ada 127.0.0.1/32 scram-sha-256\nhost all plain 127.0.0.1/32 scram-sha-256\n',
  );
  await server.restart();
  place = `127.0.0.1:${server.port}/chat`;
  expect((await migrate(['run'], { DATABASE_URL: `${address(place)}?sslmode=require` })).code).toBe(0);
}, 120_000);

afterAll(async () => {
  await Promise.all([server?.stop(), plain?.stop(), redis?.stop()]);
  removeDirectory(directory);
});

/** Who runs the server: the owner of its log of data. */
function ownerOf({ url }: PostgresServer): { uid: number; gid: number } {
  const out = execFileSync('pgrep', ['-f', `postgres .*-p ${new URL(url).port}`], { encoding: 'utf8' });
  const { uid, gid } = statSync(`/proc/${out.split('\n')[0]}`);
  return { uid, gid };
}

/** An authority, and a certificate of the server for this name and this address. */
function makeCertificates(): void {
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
  const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  run('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Authority of the tests');
  run('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=db.example');
  writeFileSync(join(directory, 'names'), 'subjectAltName=DNS:db.example,IP:127.0.0.1\n');
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names', '-days', '2'];
  run('x509', '-req', '-in', 'server.csr', '-out', 'server.crt', ...signed);
  chmodSync(join(directory, 'server.key'), 0o600);
}

function address(where: string, password = encodeURIComponent(PASSWORD)): string {
  return `postgres://ada:${password}@${where}`;
}

async function start(env: Record<string, string>, runtime: Runtime = 'node'): Promise<ServiceProcess> {
  return spawnServiceProcess({ runtime, env: { JWT_SECRET: randomBytes(32).toString('base64url'), ...env } });
}

/** Starts, asks whether it is ready, and ends. */
async function works(env: Record<string, string>, runtime?: Runtime): Promise<void> {
  const service = await start(env, runtime);
  try {
    await service.listening();
    const answer = await fetch(`${service.url}/ready`);
    expect(await answer.json()).toMatchObject({ status: 'ready' });
  } finally {
    await service.stop('SIGKILL');
  }
}

describe.each(RUNTIMES)('on %s', (runtime) => {
  test.each([
    ['sslmode=require', (url: string) => ({ DATABASE_URL: `${url}?sslmode=require&channel_binding=require` })],
    [
      'verify-full with its authority',
      (url: string) => ({ DATABASE_URL: `${url}?sslmode=verify-full`, ...authority() }),
    ],
    ['DB_SSL=true', (url: string) => ({ DATABASE_URL: url, DB_SSL: 'true', ...authority() })],
    ['DB_SSL=no-verify', (url: string) => ({ DATABASE_URL: url, DB_SSL: 'no-verify' })],
    [
      'parts and files',
      () => ({
        ...{ DB_HOST: '127.0.0.1', DB_PORT: String(server.port), DB_USERNAME: 'ada', DB_NAME: 'chat' },
        ...{ DB_SSL: 'no-verify', DB_PASSWORD_FILE: secretFile() },
      }),
    ],
    ['a socket', () => ({ DATABASE_URL: address(`/chat?host=${sockets()}&port=${server.port}`) })],
    ['an escaped socket', () => ({ DATABASE_URL: address(`${encodeURIComponent(sockets())}:${server.port}/chat`) })],
    [
      'two hosts, the first is away',
      (url: string) => ({ DATABASE_URL: `${url.replace('@127', '@127.0.0.1:1,127')}?sslmode=require` }),
    ],
    [
      'as poolers want it',
      (url: string) => ({ DATABASE_URL: `${url}?sslmode=require&pgbouncer=true&connection_limit=2` }),
    ],
    [
      'Redis on a socket',
      (url: string) => ({
        DATABASE_URL: `${url}?sslmode=require`,
        REDIS_URL: `unix://:p,w%40:%2F@${sockets()}/redis.sock`,
      }),
    ],
    [
      'Redis with a raw password',
      (url: string) => ({
        DATABASE_URL: `${url}?sslmode=require`,
        REDIS_URL: `redis://default:p,w@:/@127.0.0.1:${redis.port}`,
      }),
    ],
  ])('%s', (_, env) => works(env(address(place)), runtime), 60_000);

  test.each([
    [
      'nobody known has signed',
      () => ({ DATABASE_URL: address(place), DB_SSL: 'true' }),
      'nobody known has signed its certificate',
    ],
    [
      'made out to another host',
      () => ({ DATABASE_URL: address(place.replace('127.0.0.1', 'localhost')), DB_SSL: 'true', ...authority() }),
      'the certificate is for another host',
    ],
  ])(
    'a certificate that %s is refused',
    async (_, env, said) => {
      const service = await start(env(), runtime);
      expect((await service.exited).code).toBe(1);
      expect(service.log.map(({ msg }) => msg)).toEqual([expect.stringContaining(said)]);
    },
    60_000,
  );
});

test(
  'a password as a person writes it: escaped is only what would mean something else',
  () => works({ DATABASE_URL: `${address(place, 'p@s/s?w#r:d%2541%20ä')}?sslmode=require` }),
  60_000,
);

test.each([
  ['nothing listens', async () => address(`127.0.0.1:${await freePort()}/chat`), 'nothing listens there ('],
  ['no such name', () => address('nowhere.invalid/chat'), 'the name of the host '],
  ['no such socket', () => address('/chat?host=/nowhere'), 'there is no such socket ('],
  ['a wrong password', () => `${address(place, 'hunter2')}?sslmode=require`, 'the password or the user is wrong ('],
  [
    'no such database',
    () => `${address(place).replace('/chat', '/none')}?sslmode=require`,
    'the server has no such database (',
  ],
  [
    'in the clear where TLS is asked for',
    () => address(place),
    'the server does not let this user in (no pg_hba.conf entry',
  ],
  [
    'TLS where the server speaks none',
    () => `${plain.url}?sslmode=require`,
    'it does not speak TLS, as DB_SSL or sslmode asks (',
  ],
])(
  'the command says why there is no way: %s',
  async (_, url, said) => {
    const { code, output, errors } = await migrate(['run'], { DATABASE_URL: await url() });
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(errors.trim().split('\n')).toEqual([expect.stringMatching(/^Cannot reach the database: PostgreSQL at /)]);
    expect(errors).toContain(`: ${said}`);
    expect(errors).not.toContain('hunter2');
  },
  60_000,
);

function sockets(): string {
  return join(directory, 'sockets');
}

function authority(): { DB_SSL_CA: string } {
  return { DB_SSL_CA: join(directory, 'ca.pem') };
}

function secretFile(): string {
  const path = join(directory, 'password');
  writeFileSync(path, `${PASSWORD}\n`);
  expect(readFileSync(path, 'utf8')).toContain(PASSWORD);
  return path;
}
