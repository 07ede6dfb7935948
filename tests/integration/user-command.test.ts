// The command line as an operator runs it: accounts made and made admins, on a server's database and on the embedded one.

import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ServiceProcess, startServiceProcess } from '../support/node-process.ts';
import { createDatabase } from '../support/postgres.ts';
import { runStatements } from '../support/service-under-test.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'scripts/chat-service.mjs');
const SECRET = randomBytes(32).toString('base64url');

type Env = Readonly<Record<string, string>>;

interface End {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

const directory = mkdtempSync(join(tmpdir(), 'user-command-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function chatService(words: readonly string[], env: Env = {}, input = ''): Promise<End> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [BIN, ...words], { cwd: directory, env: { PATH, HOME, ...env } });
  const texts = { output: '', errors: '' };
  child.stdout.on('data', (chunk) => (texts.output += chunk));
  child.stderr.on('data', (chunk) => (texts.errors += chunk));
  child.stdin.on('error', () => {}); // It ends without reading where it refuses its words.
  child.stdin.end(input);
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...texts })));
}

const add = (name: string, ...more: string[]) => [
  ...['user', 'add', '--email', `${name}@example.com`, '--username', name, '--password-stdin', ...more],
];

function expectRefused({ code, output, errors }: End, why: RegExp): void {
  expect(errors).toMatch(why);
  expect(errors.trimEnd().split('\n')).toHaveLength(1);
  expect(errors).not.toContain('    at ');
  expect([code, output]).toEqual([1, '']);
}

async function post(url: string, path: string, body: object) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: answer.status, ...((await answer.json()) as { code?: string; data?: { token: string } }) };
}

/** Whether the account may do what admins alone may: 404 where nobody is to be disconnected. */
async function isAdmin(url: string, email: string, password = 'correct horse'): Promise<boolean> {
  const { data } = await post(url, '/auth/login', { email, password });
  const headers = { authorization: `Bearer ${data?.token}` };
  const { status } = await fetch(`${url}/api/v1/ws/users/2000000000`, { method: 'DELETE', headers });
  expect([403, 404]).toContain(status);
  return status === 404;
}

describe('on a PostgreSQL server, beside the running service in production', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let node: ServiceProcess;
  let env: Env;

  beforeAll(async () => {
    database = await createDatabase(inject('postgresUrl'));
    env = { DATABASE_URL: database.url, NODE_ENV: 'production', ADMIN_EMAILS: 'boss@example.com,Root@Example.com' };
    node = await startServiceProcess({ env: { ...env, JWT_SECRET: SECRET, MIGRATE_ON_START: 'true' } });
  }, 60_000);
  afterAll(async () => {
    await node.stop('SIGKILL');
    await database.drop();
  });

  it('makes accounts, which sign in with the password that was on the standard input', async () => {
    for (const [name, input] of [
      ['ann', 'correct horse\n'],
      ['amy', 'correct horse\r\n'],
      ['ada', 'correct horse'],
    ] as const) {
      const made = await chatService(add(name), env, input);
      expect(made).toMatchObject({ code: 0, errors: '', output: expect.stringContaining(`${name}@example.com`) });
      expect(await isAdmin(node.url, `${name}@example.com`)).toBe(false);
    }
  });

  it('alone can make the account of an address of ADMIN_EMAILS', async () => {
    const body = { username: 'boss', email: 'boss@example.com', password: 'correct horse' };
    for (const email of ['boss@example.com', 'BOSS@example.com', ' Boss@Example.COM ']) {
      expect(await post(node.url, '/auth/register', { ...body, email })).toMatchObject({
        ...{ status: 403, code: 'FORBIDDEN' },
      });
    }
    expect(await chatService(add('boss'), env, 'correct horse')).toMatchObject({ code: 0 });
    expect(await isAdmin(node.url, 'boss@example.com')).toBe(true);
  });

  it('makes nobody an admin whose address differs from one of ADMIN_EMAILS in case', async () => {
    const body = { username: 'root', email: 'root@example.com', password: 'correct horse' };
    expect(await post(node.url, '/auth/register', body)).toMatchObject({ status: 201 });
    expect(await isAdmin(node.url, 'root@example.com')).toBe(false);
    const hash = (await runStatements(database.url, `select password from users where username = 'root'`))[0]?.password;
    await runStatements(
      database.url,
      `insert into users (username, email, password) values ('ROOT', 'ROOT@EXAMPLE.COM', '${hash}')`,
    );
    expect(await isAdmin(node.url, 'ROOT@EXAMPLE.COM')).toBe(false);
  });

  it('makes and unmakes admins while the service runs, at once', async () => {
    expect(await chatService(add('eve', '--admin'), env, 'correct horse')).toMatchObject({ code: 0 });
    expect(await isAdmin(node.url, 'eve@example.com')).toBe(true);
    await chatService(add('ivy'), env, 'correct horse');
    expect(await chatService(['user', 'admin', 'Ivy@example.com'], env)).toMatchObject({ code: 0, errors: '' });
    expect(await isAdmin(node.url, 'ivy@example.com')).toBe(true);
    expect(await chatService(['user', 'admin', '--revoke', 'ivy@example.com'], env)).toMatchObject({ code: 0 });
    expect(await isAdmin(node.url, 'ivy@example.com')).toBe(false);
    const still = await chatService(['user', 'admin', 'boss@example.com', '--revoke'], env);
    expect(still).toMatchObject({ code: 0, output: expect.stringContaining('ADMIN_EMAILS') });
    expect(await isAdmin(node.url, 'boss@example.com')).toBe(true);
  });

  it('says in one line what it cannot do, and does nothing then', async () => {
    await chatService(add('taken'), env, 'correct horse');
    const other = (words: string[], input = 'correct horse') => chatService(words, env, input);
    expectRefused(await other(add('taken')), /email exists already/);
    expectRefused(await other(['user', 'admin', 'nobody@example.com']), /no account with the email/);
    expectRefused(await other(add('x')), /username: /);
    expectRefused(await other(add('short'), 'abc\n'), /password: /);
    expectRefused(await other(add('long'), 'x'.repeat(100_000)), /too long/);
    expectRefused(await other(add('mail').map((word) => word.replace('@', ' '))), /email: /);
    for (const words of [
      ...[[], ['user'], ['user', 'remove', 'ann'], ['toString'], ['__proto__', 'x'], ['user', 'add']],
      ...[['user', 'add', '--email', 'a@example.com', '--username', 'abc'], ['user', 'admin'], add('abc', '--root')],
      ...[['user', 'admin', 'a@example.com', 'b@example.com'], add('abc', 'x'), add('abc', '--admin=yes')],
    ]) {
      expectRefused(await other(words), /--help/);
    }
    const rows = await runStatements(
      database.url,
      `select username from users where username in ('abc', 'short', 'long')`,
    );
    expect(rows).toEqual([]);
  });

  it('shows no secret and no password in what it says', async () => {
    const away = { ...env, DATABASE_URL: 'postgres://ann:top-secret@127.0.0.1:9/none' };
    const refused = await chatService(add('gone'), away, 'my own password');
    expectRefused(refused, /127\.0\.0\.1:9/);
    expect(refused.errors).not.toMatch(/top-secret|my own password/);
  });
});

it('says that a database lacks migrations', async () => {
  const empty = await createDatabase(inject('postgresUrl'));
  expectRefused(await chatService(add('ann'), { DATABASE_URL: empty.url }, 'correct horse'), /lacks migrations/);
  await empty.drop();
});

it('makes the first admin of an embedded database before the first start, and says that it is in use after it', async () => {
  const env = { DATA_DIR: join(directory, 'data'), NODE_ENV: 'production', ADMIN_EMAILS: 'boss@example.com' };
  expect(await chatService(add('boss'), env, 'correct horse')).toMatchObject({ code: 0, errors: '' });
  const node = await startServiceProcess({ env: { ...env, JWT_SECRET: SECRET } });
  try {
    expect(await isAdmin(node.url, 'boss@example.com')).toBe(true);
    expectRefused(await chatService(add('late'), env, 'correct horse'), /in use by another process/);
  } finally {
    await node.stop();
  }
  expect(await chatService(add('late'), env, 'correct horse')).toMatchObject({ code: 0, errors: '' });
}, 90_000);

it('is what `npx .` runs in a clone, and says what there is', () => {
  const run = (...words: string[]) => execFileSync('npx', ['.', ...words], { cwd: ROOT, encoding: 'utf8' });
  for (const words of [['--help'], ['user', '--help'], ['user', 'add', '-h']]) {
    expect(run(...words)).toContain('user add --email E --username U [--admin] --password-stdin');
  }
}, 60_000);
