// The start: what is read from the environment, and what is refused, in words that a person can act on.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, inject, test } from 'vitest';
import WebSocket from 'ws';
import { connect, rawAddress, rawClient, TRANSPORTS } from '../../support/contract-clients.ts';
import type { ServiceProcess } from '../../support/node-process.ts';
import { createDatabase } from '../../support/postgres.ts';
import { removeDirectory, temporaryDirectory } from '../../support/server-process.ts';
import { type Env, SECRET, type Target, withService } from '../../support/service-under-test.ts';
import { cast, PASSWORD, register, unique } from './kit/people.ts';
import { expectFailure, rest } from './kit/rest.ts';
import { tokenClaims } from './kit/tokens.ts';
import type { Session, User } from './kit/wire.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export function startSuite(target: Target): void {
  describe('the start', () => {
    const cleanUp: (() => unknown)[] = [];
    afterEach(async () => {
      for (const step of cleanUp.splice(0).reverse()) await step();
    });

    function spawn(env: Env, directory?: string): ServiceProcess {
      const node = target.spawn({ env, ...(directory === undefined ? {} : { directory }) });
      cleanUp.push(() => node.stop('SIGKILL'));
      return node;
    }

    /** Starts with this environment, which the service must refuse; gives the lines that it wrote. */
    async function refused(env: Env, directory?: string): Promise<string[]> {
      const node = spawn(env, directory);
      const { code } = await node.exited;
      expect(code).not.toBe(0);
      expect(code).not.toBeNull();
      return [...node.log.map((line) => line.msg), ...node.noise].flatMap((text) => text.split(/\n|; /));
    }

    function folder(): string {
      const directory = temporaryDirectory('start');
      cleanUp.push(() => removeDirectory(directory));
      return directory;
    }

    if (target.kind === 'embedded') {
      describe('a bad environment', () => {
        const BAD: Env = {
          PORT: '70000',
          NODE_ENV: 'prod-ish',
          DB_PORT: 'five',
          DB_SSL: 'maybe',
          DB_POOL_MAX: '-1',
          REDIS_PORT: '1.5',
          REDIS_DB: 'x',
          JWT_EXPIRES_IN: 'a while',
          RATE_LIMIT_WINDOW_MS: 'soon',
          RATE_LIMIT_MAX_REQUESTS: '-5',
          AUTH_RATE_LIMIT_MAX_REQUESTS: 'none',
          WS_RATE_LIMIT_PER_SECOND: '1e3x',
          TRUST_PROXY: 'perhaps',
          MAX_TEXT_LENGTH: 'long',
          MAX_FRAME_BYTES: '-65536',
          MAX_BUFFERED_BYTES: '1 MB',
          SLOW_READER_TIMEOUT_MS: 'patient',
          LOG_LEVEL: 'chatty',
          MIGRATE_ON_START: 'si',
          CORS_ORIGIN: 'not an origin',
          WS_CORS_ORIGIN: 'ftp:// what',
        };
        let lines: Promise<string[]> | undefined;

        test.each(Object.keys(BAD))(
          'stops the start with a line that names %s, its value and what it takes',
          async (name) => {
            lines ??= refused({ DB_HOST: 'localhost', REDIS_HOST: 'localhost', ...BAD });
            const line = (await lines).filter((text) => new RegExp(`\\b${name}\\b`).test(text));
            expect(line, (await lines).join('\n')).toHaveLength(1);
            expect(line[0]).toContain(BAD[name]);
            expect(line[0]?.replace(name, '').replace(String(BAD[name]), '')).toMatch(/[a-z]{2}/);
          },
        );

        test('never shows the value of a secret', async () => {
          const secrets = {
            DATABASE_URL: 'mysql://me:hidden1@x',
            REDIS_URL: 'http://:hidden2@x',
            JWT_SECRET: 'hidden3',
          };
          const node = spawn({ NODE_ENV: 'production', DB_PASSWORD: 'hidden4', REDIS_PASSWORD: 'hidden5', ...secrets });
          await node.exited;
          const output = [...node.log.map((line) => JSON.stringify(line)), ...node.noise].join('\n');
          for (const name of Object.keys(secrets)) expect(output).toContain(name);
          expect(output).not.toContain('hidden');
        });
      });

      describe('the secret of tokens', () => {
        const production = { NODE_ENV: 'production' };
        const refusesSecret = async (env: Env) => expect((await refused(env)).join('\n')).toContain('JWT_SECRET');

        test('is required in production', () => refusesSecret(production));
        test('has at least 32 bytes in production', () =>
          refusesSecret({ ...production, JWT_SECRET: `${'x7Kq'.repeat(7)}abc` }));

        test('is none that a document shows', async () => {
          await refusesSecret({ ...production, JWT_SECRET: 'your-secret-key' });
          for (const secret of documentedSecrets()) await refusesSecret({ ...production, JWT_SECRET: secret });
        });

        test('is made outside production, and kept with the data: tokens and history outlive a restart', async () => {
          const directory = folder();
          await target.prepareData(join(directory, 'data'));
          const first = spawn({}, directory);
          await first.listening();
          const body = { username: unique(), email: `${unique()}@example.com`, password: PASSWORD };
          const { user, token } = (await rest(first.url).post<Session>('/auth/register', body)).data;
          expect(await first.stop()).toMatchObject({ code: 0 });
          const second = spawn({}, directory);
          await second.listening();
          expect((await rest(second.url, token).get<User>('/users/profile')).data).toEqual(user);
        }, 60_000);
      });

      test('an .env file is read, and limits have their defaults', async () => {
        const directory = folder();
        writeFileSync(
          join(directory, '.env'),
          `# settings\nJWT_EXPIRES_IN=90m\nJWT_SECRET="${SECRET}"\nDATA_DIR=./elsewhere\n`,
        );
        await target.prepareData(join(directory, 'elsewhere'));
        const node = spawn({}, directory);
        await node.listening();
        expect(existsSync(join(directory, 'data'))).toBe(false);
        const body = { username: unique(), email: `${unique()}@example.com`, password: PASSWORD };
        const registered = await rest(node.url).post<Session>('/auth/register', body);
        const { iat, exp } = tokenClaims(registered.data.token) as { iat: number; exp: number };
        expect(exp - iat).toBe(90 * 60);
        expect(registered.headers.get('x-ratelimit-limit')).toBe('20');
        const profile = await rest(node.url, registered.data.token).get('/users/profile');
        expect(profile.headers.get('x-ratelimit-limit')).toBe('100');
        expect(profile.headers.get('x-ratelimit-remaining')).toBe('99');
        const reset = Number(profile.headers.get('x-ratelimit-reset')) * 1000 - Date.now();
        expect(reset).toBeGreaterThan(890_000);
        expect(reset).toBeLessThan(902_000);
      }, 60_000);
    }

    if (target.kind === 'cluster') {
      async function database(): Promise<URL> {
        const { url, drop } = await createDatabase(inject('postgresUrl'));
        cleanUp.push(drop);
        return new URL(url);
      }

      test('a database without its tables refuses the start and says what to run', async () => {
        const lines = await refused({ DATABASE_URL: (await database()).href, JWT_SECRET: SECRET });
        expect(lines.join('\n')).toContain('npm run migration:run');
      });

      test('npm run migration:run makes the tables', async () => {
        const { href } = await database();
        const env = { ...process.env, DATABASE_URL: href, JWT_SECRET: SECRET };
        await promisify(execFile)('npm', ['run', 'migration:run'], { cwd: ROOT, env });
        const node = spawn({ DATABASE_URL: href, JWT_SECRET: SECRET });
        await node.listening();
        const body = { username: unique(), email: `${unique()}@example.com`, password: PASSWORD };
        expect((await rest(node.url).post('/auth/register', body)).status).toBe(201);
      });

      test('the parts of the addresses may be given one by one', async () => {
        const { hostname, port, username, password, pathname } = await database();
        const redis = new URL(inject('redisUrl'));
        const node = spawn({
          JWT_SECRET: SECRET,
          MIGRATE_ON_START: 'true',
          DB_HOST: hostname,
          DB_PORT: port,
          DB_USERNAME: username,
          DB_PASSWORD: password || 'unused',
          DB_NAME: pathname.slice(1),
          DB_SSL: 'false',
          REDIS_HOST: redis.hostname,
          REDIS_PORT: redis.port,
          REDIS_DB: '3',
        });
        await node.listening();
        expect((await fetch(`${node.url}/ready`)).status).toBe(200);
        expect(await node.stop()).toMatchObject({ code: 0 });
      });
    }

    describe('settings', () => {
      const service = withService(target, {
        JWT_EXPIRES_IN: '2h',
        MAX_TEXT_LENGTH: '5',
        MAX_FRAME_BYTES: '1024',
        NODE_ENV: 'development',
        ADMIN_EMAILS: 'first@example.com, second@example.com, Third@Example.com',
        CORS_ORIGIN: 'http://a.example, https://b.example:8443',
        WS_CORS_ORIGIN: '*',
      });
      const people = cast(service, 'ann');

      test('change how long a token is good', () => {
        const { iat, exp } = tokenClaims(people.ann.token) as { iat: number; exp: number };
        expect(exp - iat).toBe(2 * 3600);
      });

      test('name several admins', async () => {
        for (const email of ['first@example.com', 'second@example.com']) {
          const { api } = await register(service, 'admin', email);
          expectFailure(await api.delete(`/ws/users/${people.ann.id}`), 404, 'USER_NOT_FOUND');
        }
        const { api } = await register(service, 'other', 'third@example.com');
        expectFailure(await api.delete(`/ws/users/${people.ann.id}`), 403, 'FORBIDDEN');
      });

      test('name several origins, or any', async () => {
        for (const origin of ['http://a.example', 'https://b.example:8443']) {
          const reply = await rest(service.url(0), people.ann.token, { origin }).get('/channels');
          expect(reply.headers.get('access-control-allow-origin')).toBe(origin);
        }
        const other = await rest(service.url(0), people.ann.token, { origin: 'http://c.example' }).get('/channels');
        expect(other.headers.get('access-control-allow-origin')).not.toBe('http://c.example');
        const headers = { authorization: `Bearer ${people.ann.token}` };
        const socket = new WebSocket(rawAddress(service.url(0)), { headers, origin: 'http://anywhere.example' });
        const client = await rawClient(socket);
        await client.next('connection.connect');
        await client.close();
      });

      test.each(TRANSPORTS)('change how long a frame may be, over %s', async (transport) => {
        const client = await connect(transport, service.url(0), people.ann);
        await client.call('ping', { pad: 'x'.repeat(800) });
        client.emit({ type: 'ping', data: { pad: 'x'.repeat(1100) } });
        const { code } = await client.closed;
        if (transport === 'raw') expect(code).toBe(1009);
      });

      test('change how long a text may be', async () => {
        const send = (text: string) => people.ann.api.post('/messages', { receiverId: people.ann.id, text });
        expect((await send('12345')).status).toBe(201);
        expect((await send('123456')).status).toBe(400);
      });
    });
  });
}

/** The secrets of 32 bytes and more that the project's documents and examples show. */
function documentedSecrets(): string[] {
  const documents = ['README.md', '.env.example', 'CONTRIBUTING.md', 'docker-compose.yml', 'compose.yaml'];
  return documents
    .map((name) => join(ROOT, name))
    .filter((path) => existsSync(path))
    .flatMap((path) => [...readFileSync(path, 'utf8').matchAll(/JWT_SECRET[=:]\s*["']?([^\s"'`$<>]{32,})/g)])
    .map(([, secret]) => String(secret));
}
