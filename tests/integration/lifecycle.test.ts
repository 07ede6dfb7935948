// The life of a process: how it starts, what keeps it from starting, and how it ends.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import connectTo from 'postgres';
import { afterEach, describe, expect, inject, test } from 'vitest';
import { readConfig } from '../../src/runtime/config/config.ts';
import { startService } from '../../src/runtime/service.ts';
import { migrate } from '../support/migrate-process.ts';
import { type ServiceProcess, spawnServiceProcess } from '../support/node-process.ts';
import { createDatabase, startPostgres } from '../support/postgres.ts';
import { freePort } from '../support/server-process.ts';
import { openWs } from '../support/ws-client.ts';

const SECRET = randomBytes(32).toString('base64url');
const cleanUp: Array<() => unknown> = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

function spawned(env: Record<string, string>, directory?: string): ServiceProcess {
  const service = spawnServiceProcess({ env, ...(directory !== undefined && { directory }) });
  cleanUp.push(() => service.stop('SIGKILL'));
  return service;
}

async function started(env: Record<string, string>, directory?: string): Promise<ServiceProcess> {
  const service = spawned(env, directory);
  await service.listening();
  return service;
}

async function freshDatabase(): Promise<string> {
  const { url, drop } = await createDatabase(inject('postgresUrl'));
  cleanUp.push(drop);
  return url;
}

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'lifecycle-'));
  cleanUp.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function ready(service: ServiceProcess) {
  const answer = await fetch(`${service.url}/ready`);
  return { status: answer.status, text: await answer.text() };
}

describe('embedded', () => {
  test('the first line says where it is and what to set; the data have one owner, which leaves them whole', async () => {
    const directory = folder();
    const first = await started({}, directory);
    const [line] = first.log;
    expect(line?.msg).toContain(`listening on ${first.url}: embedded PostgreSQL in ${directory}/data/postgres`);
    expect(line?.msg).toMatch(/DATABASE_URL.*REDIS_URL/);
    expect((await fetch(`${first.url}/health`)).status).toBe(200);
    expect((await ready(first)).status).toBe(200);

    const second = spawned({}, directory);
    expect((await second.exited).code).toBe(1);
    expect(second.log).toHaveLength(1);
    expect(second.log[0]?.msg).toContain(`${directory}/data is in use by another process (process ${first.pid} on `);

    expect(await first.stop()).toEqual({ code: 0, signal: null });
    expect(first.noise).toEqual([]);
    expect(first.log.map(({ level }) => level)).not.toContain('error');

    const third = await started({}, directory);
    expect((await ready(third)).status).toBe(200);
  }, 120_000);
});

describe('PostgreSQL', () => {
  test('migrations that lack are named, and run when asked for; then none lack', async () => {
    const env = { DATABASE_URL: await freshDatabase() };
    const refused = spawned(env);
    expect((await refused.exited).code).toBe(1);
    expect(refused.log.map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/lacks migrations \(0000.*npm run migration:run.*MIGRATE_ON_START=true/),
    ]);
    await Promise.all([started({ ...env, MIGRATE_ON_START: 'true' }), started({ ...env, MIGRATE_ON_START: '1' })]);
    const service = await started(env);
    expect(service.log[0]?.msg).toContain(': PostgreSQL at 127.0.0.1:');
    expect(service.log[0]?.msg).not.toContain('DATABASE_URL');
  }, 60_000);

  test('a database that a later version has brought to its schema is served', async () => {
    const env = { DATABASE_URL: await freshDatabase() };
    await (await started({ ...env, MIGRATE_ON_START: 'true' })).stop();
    const sql = connectTo(env.DATABASE_URL, { max: 1 });
    await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('later', 9e12)`;
    await sql.end();
    for (const migrate of ['false', 'true']) {
      const service = await started({ ...env, MIGRATE_ON_START: migrate });
      expect(service.log[0]).toMatchObject({ level: 'info', msg: expect.stringContaining('a later version') });
      expect((await ready(service)).status).toBe(200);
      await service.stop();
    }
  }, 60_000);

  test('a database that comes later is waited for, with a line for each attempt', async () => {
    const postgres = await startPostgres();
    cleanUp.push(() => postgres.stop());
    const { url } = await createDatabase(postgres.url);
    await postgres.kill();
    const service = spawned({ DATABASE_URL: url, MIGRATE_ON_START: 'true' });
    for (const attempt of [1, 2]) {
      const line = await service.line((each) => each.attempt === attempt);
      expect(line.level).toBe('warn');
      expect(line.msg).toMatch(/^the database \(PostgreSQL at 127.0.0.1:\d+\/\w+\) is away: next attempt in [\d.]+ s$/);
    }
    await postgres.restart();
    await service.listening();
    expect((await ready(service)).status).toBe(200);

    await postgres.kill();
    const away = await ready(service);
    expect(away.status).toBe(503);
    expect(away.text).toContain('unreachable');
  }, 60_000);

  test('a database that stays away is given up with a clear error', async () => {
    const url = `postgres://me:hunter2@127.0.0.1:${await freePort()}/chat`;
    const config = readConfig({ DATABASE_URL: url, JWT_SECRET: SECRET });
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const start = startService(config, { logger, databasePatienceMs: 300 });
    await expect(start).rejects.toMatchObject({
      name: 'StartError',
      message: expect.stringMatching(
        /^Gave up after 0 s: the database \(PostgreSQL at 127[^@]*\/chat\) is away: .*REFUSED/,
      ),
    });
  });

  test('a database that refuses us is not waited for, and its password is not told', async () => {
    const url = new URL(inject('postgresUrl'));
    url.pathname = '/no_such_database';
    url.password = 'hunter2';
    const service = spawned({ DATABASE_URL: url.href });
    expect((await service.exited).code).toBe(1);
    expect(service.log).toHaveLength(1);
    expect(service.log[0]?.msg).toContain('no_such_database');
    expect(JSON.stringify([service.log, service.noise])).not.toContain('hunter2');
  });

  test('a password that the database does not take, or that is missing, ends the start in one line', async () => {
    const postgres = await startPostgres();
    cleanUp.push(() => postgres.stop());
    const sql = connectTo(postgres.url, { max: 1 });
    await sql`create role chat login password 'the right one'`;
    const [file] = await sql`show hba_file`;
    await sql.end();
    writeFileSync(file?.hba_file, 'host all chat 127.0.0.1/32 scram-sha-256\n');
    await postgres.restart();
    for (const password of ['hunter2', '']) {
      const url = new URL(postgres.url);
      Object.assign(url, { username: 'chat', password });
      const { code, output, errors } = await migrate(['run'], { DATABASE_URL: url.href });
      expect({ code, output }).toEqual({ code: 1, output: '' });
      expect(errors).toMatch(/^Cannot reach the database: .*: the password or the user is wrong \(.*password.*\)\n$/);
      const service = spawned({ DATABASE_URL: url.href });
      expect((await service.exited).code).toBe(1);
      expect(service.log.map(({ msg }) => msg)).toEqual([expect.stringMatching(/cannot be used: .*password/)]);
      expect(JSON.stringify([errors, service.log, service.noise])).not.toContain('hunter2');
    }
  }, 60_000);
});

test('a Redis that is away keeps nobody from starting, and is told of', async () => {
  const env = { DATABASE_URL: await freshDatabase(), MIGRATE_ON_START: 'true' };
  const service = await started({ ...env, REDIS_HOST: '127.0.0.1', REDIS_PORT: String(await freePort()) });
  expect(service.log.some(({ level, msg }) => level === 'warn' && msg.includes('Redis'))).toBe(true);
  const { status, text } = await ready(service);
  expect(status).toBe(503);
  expect(text).toContain('unreachable');
  expect((await fetch(`${service.url}/health`)).status).toBe(200);
  expect((await service.stop()).code).toBe(0);
}, 60_000);

test('a port that is taken is named', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  cleanUp.push(() => taken.close());
  const { port } = taken.address() as { port: number };
  const service = spawned({ PORT: String(port), DATABASE_URL: await freshDatabase(), MIGRATE_ON_START: 'true' });
  expect((await service.exited).code).toBe(1);
  expect(service.log.at(-1)?.msg).toContain(`Cannot listen on 127.0.0.1:${port}`);
});

describe('the end', () => {
  /** A peer that upgrades and then never says a word, not even goodbye. */
  async function mute(url: string): Promise<Socket> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const key = randomBytes(16).toString('base64');
    socket.write(
      `GET /api/v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    const [answer] = await once(socket, 'data');
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    expect(String(answer)).toContain(accept);
    cleanUp.push(() => socket.destroy());
    return socket;
  }

  test('connections are told and closed, those that do not answer are cut, and it leaves with 0', async () => {
    const service = await started({ DATABASE_URL: await freshDatabase(), MIGRATE_ON_START: 'true' });
    const [client, idle] = await Promise.all([openWs(`${service.url}/api/v1/ws`), mute(service.url)]);
    const idleEnded = once(idle, 'close');
    const begin = performance.now();
    service.signal('SIGTERM');
    expect((await client.next('connection.closing')).data).toMatchObject({ reason: 'shutdown' });
    expect((await client.closed).code).toBe(1001);
    await idleEnded;
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - begin).toBeLessThan(10_000);
    expect(service.log.slice(-2).map(({ msg }) => msg)).toEqual(['stopping', 'stopped']);
  }, 60_000);

  test('a signal to `npm start`, which passes none on, ends the service as well', async () => {
    const env = { DATABASE_URL: await freshDatabase(), MIGRATE_ON_START: 'true', PORT: '0', HOST: '127.0.0.1' };
    const npm = spawn('npm', ['start'], { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env } });
    cleanUp.push(() => npm.kill('SIGKILL'));
    const messages: string[] = [];
    // Until the last who writes to it is gone: not npm, the service.
    for await (const line of createInterface({ input: npm.stdout })) {
      const { msg = '' } = line.startsWith('{') ? (JSON.parse(line) as { msg?: string }) : {};
      if (msg) messages.push(msg);
      if (msg.startsWith('listening')) npm.kill('SIGTERM');
    }
    expect(messages.slice(1)).toEqual(['stopping', 'stopped']);
  }, 60_000);

  test('a second signal ends it at once', async () => {
    const service = await started({ DATABASE_URL: await freshDatabase(), MIGRATE_ON_START: 'true' });
    await mute(service.url);
    service.signal('SIGINT');
    await service.line(({ msg }) => msg === 'stopping');
    // What comes with the first one is its echo: Ctrl-C under `deno task` arrives twice.
    service.signal('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 400));
    service.signal('SIGINT');
    expect((await service.exited).code).toBe(1);
    expect(service.log.at(-1)?.msg).toBe('stopping');
  }, 60_000);

  test('a signal during the start ends it', async () => {
    const service = spawned({ DATABASE_URL: `postgres://me@127.0.0.1:${await freePort()}/chat` });
    await service.line(({ msg }) => msg.includes('is away'));
    service.signal('SIGTERM');
    expect((await service.exited).code).toBe(0);
  });
});
