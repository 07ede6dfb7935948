// `deno task start` with data, secrets and sockets outside the project: the task gives the permissions that the settings need.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { runtimePath } from '../../scripts/runtime.mjs';
import { removeDirectory, temporaryDirectory } from '../support/server-process.ts';
import { embeddedTarget } from '../support/service-under-test.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const target = embeddedTarget('deno');
const cleanUp: Array<() => unknown> = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

function folder(): string {
  const directory = temporaryDirectory('deno task');
  cleanUp.push(() => removeDirectory(directory));
  return directory;
}

/** Runs the task; gives the message of the first line that says where it listens, or of the last one. */
async function said(cwd: string, env: Readonly<Record<string, string>>): Promise<string> {
  const deno = runtimePath('deno');
  const PATH = `${dirname(deno)}:${process.env.PATH}`;
  const child: ChildProcess = spawn(deno, ['task', '--quiet', 'start'], {
    cwd,
    env: { PATH, HOME: process.env.HOME, PORT: '0', HOST: '127.0.0.1', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  // The task and what it runs.
  cleanUp.push(() => child.pid && child.exitCode === null && process.kill(-child.pid, 'SIGKILL'));
  let last = '';
  for await (const line of createInterface({ input: child.stdout as never })) {
    last = (JSON.parse(line) as { msg: string }).msg;
    if (last.startsWith('listening')) break;
  }
  return last;
}

test('DATA_DIR elsewhere, with a blank in it', async () => {
  const data = join(folder(), 'data');
  await target.prepareData(data);
  expect(await said(ROOT, { DATA_DIR: data })).toContain(`embedded PostgreSQL in ${data}/postgres`);
}, 60_000);

test.each([
  ['read', './data,/elsewhere/of data,/run/redis.sock,/run/pg,/ca.pem,/run/secrets/jwt'],
  ['write', './data,/elsewhere/of data,/run/redis.sock,/run/pg'],
])('the paths to %s are those that .env names', (permission, paths) => {
  const directory = folder();
  writeFileSync(
    join(directory, '.env'),
    `\ufeffDATA_DIR="/elsewhere/of data"\r\nREDIS_URL=unix:/run/redis.sock\r\nJWT_SECRET_FILE=/run/secrets/jwt\r\n
DATABASE_URL='postgres://u:p@ss@/chat?host=/run/pg&sslrootcert=/ca.pem'\n`,
  );
  const flags = ['--no-prompt', '--allow-env', '--allow-read=.env'];
  const args = ['run', ...flags, join(ROOT, 'src/runtime/deno-paths.ts'), permission];
  const { stdout, stderr } = spawnSync(runtimePath('deno'), args, { cwd: directory, env: {}, encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: `${paths}\n`, stderr: '' });
});

test('what Deno cannot be told is said in one line', async () => {
  const data = join(folder(), 'a,b');
  mkdirSync(data);
  expect(await said(ROOT, { DATA_DIR: data })).toContain('Deno does not permit read (the data directory)');
}, 60_000);
