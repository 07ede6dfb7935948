// A log that nobody reads: the service goes on, whatever standard output is. Real pipes, sockets and terminals. (Linux:
// `mkfifo`, and `script` of util-linux for the terminal.)
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { createDatabase } from '../support/postgres.ts';
import { installRuntimes, type Runtime, serviceCommand } from '../support/runtimes.ts';
import { freePort, removeDirectory, temporaryDirectory } from '../support/server-process.ts';
import { until } from '../support/until.ts';

/** Their lines are more than a pipe and the bound of the log take together. */
const REQUESTS = 8_000;
const AT_ONCE = 40;

const cleanUp: Array<() => unknown> = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

let databaseUrl: string;
beforeAll(async () => {
  const { url, drop } = await createDatabase(inject('postgresUrl'));
  databaseUrl = url;
  return drop;
});

interface Quiet {
  readonly url: string;
  readonly child: ChildProcess;
}

/** A service whose log says a line for each request, with this standard output (and one that is made for it otherwise). */
async function started(runtime: Runtime, stdout: number | 'pipe', words: readonly string[] = []): Promise<Quiet> {
  const directory = temporaryDirectory('unread');
  const port = await freePort();
  const { file, args } = serviceCommand(runtime);
  const line = [file, ...args];
  const [command = '', ...rest] = words.length > 0 ? [...words, line.map((word) => `'${word}'`).join(' ')] : line;
  const env = {
    ...{ PATH: process.env.PATH, HOME: process.env.HOME, HOST: '127.0.0.1', PORT: String(port) },
    ...{ DATABASE_URL: databaseUrl, MIGRATE_ON_START: 'true', DATA_DIR: directory },
    ...{ LOG_LEVEL: 'debug', RATE_LIMIT_MAX_REQUESTS: '0' },
  };
  const child = spawn(command, rest, { cwd: directory, env, stdio: ['ignore', stdout, 'ignore'] });
  cleanUp.push(async () => {
    child.kill('SIGKILL');
    await until('it is gone', () => child.exitCode !== null || child.signalCode !== null);
    removeDirectory(directory);
  });
  const url = `http://127.0.0.1:${port}`;
  await until('it answers', async () => (await fetch(`${url}/health`)).ok, 40_000);
  return { url, child };
}

/** Throws where one of them is not answered. */
async function ask(url: string, requests: number): Promise<void> {
  const one = async () => {
    const answer = await fetch(`${url}/docs`, { signal: AbortSignal.timeout(20_000) });
    expect(answer.status).toBe(200);
    await answer.arrayBuffer();
  };
  for (let asked = 0; asked < requests; asked += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, one));
}

/** A pipe with both ends, which nobody reads until asked to. */
function pipe(): { descriptor: number; read(): string } {
  const directory = temporaryDirectory('pipe');
  const path = join(directory, 'log');
  execFileSync('mkfifo', [path]);
  const descriptor = openSync(path, constants.O_RDWR);
  const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  cleanUp.push(() => {
    closeSync(descriptor);
    closeSync(reading);
    removeDirectory(directory);
  });
  const buffer = Buffer.alloc(1 << 16);
  return {
    descriptor,
    read() {
      try {
        return buffer.toString('utf8', 0, readSync(reading, buffer));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return '';
        throw error;
      }
    },
  };
}

describe.each(['node', 'deno', 'bun'] as const)('on %s', (runtime) => {
  beforeAll(() => installRuntimes([runtime]));

  test('a pipe: every request is answered; whoever reads later is told how many lines are missing', async () => {
    const unread = pipe();
    const { url, child } = await started(runtime, unread.descriptor);
    await ask(url, REQUESTS);
    let text = '';
    await until('the log says that lines are missing', () => {
      text += unread.read();
      return text.includes('"dropped":');
    });
    const lines = text
      .slice(0, text.lastIndexOf('\n'))
      .split('\n')
      .map((line) => JSON.parse(line));
    const said = lines.filter(({ route }) => route === '/docs').length;
    const dropped = lines.find((line) => 'dropped' in line);
    expect(dropped).toMatchObject({ level: 'warn', dropped: expect.any(Number) });
    expect(said + dropped.dropped).toBe(REQUESTS);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  }, 120_000);

  test('a pipe that nobody ever reads: asked to end, it ends', async () => {
    const { url, child } = await started(runtime, pipe().descriptor);
    await ask(url, 2_000);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  }, 120_000);

  test('a socket', async () => {
    const { url } = await started(runtime, 'pipe');
    await ask(url, 4_000);
  }, 120_000);

  test('a terminal that takes nothing more', async () => {
    const { url } = await started(runtime, pipe().descriptor, ['script', '--quiet', '/dev/null', '--command']);
    await ask(url, 2_000);
  }, 120_000);

  test('a reader who is gone', async () => {
    const { url, child } = await started(runtime, 'pipe');
    child.stdout?.destroy();
    await ask(url, 400);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  }, 120_000);
});

test('a file on a full disk', async () => {
  const full = openSync('/dev/full', 'w');
  cleanUp.push(() => closeSync(full));
  const { url, child } = await started('node', full);
  await ask(url, 400);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
}, 120_000);
