// A start on Deno without a permission that it needs: one line says which, and the flag that grants it.
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { runtimePath } from '../../scripts/runtime.mjs';
import { denoTask } from '../support/deno-tasks.ts';

/** The flags that a task gives, less those that begin with `without`. */
function flagsOf(task: string, without: string): string[] {
  const flags = denoTask(task)
    .split(' ')
    .filter((word) => word.startsWith('--'));
  const left = flags.filter((flag) => !flag.startsWith(without));
  expect(left).toHaveLength(flags.length - 1);
  return left;
}

function run(entry: string, flags: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { PATH, HOME } = process.env;
  const options = { env: { PATH, HOME, PORT: '0', ...env }, encoding: 'utf8', timeout: 50_000 } as const;
  const { status, stdout, stderr } = spawnSync(runtimePath('deno'), ['run', ...flags, entry], options);
  const lines = `${stdout}${stderr}`.trim().split('\n');
  return { status, lines };
}

describe.each([
  ['start', 'src/runtime/deno.ts'],
  ['migrate', 'src/runtime/cli/deno-migrate.ts'],
])('deno task %s', (task, entry) => {
  test.each([
    ['env', '--allow-env', '--allow-env'],
    ['read', '--allow-read', '--allow-read='],
    ['sys', '--allow-sys', '--allow-sys=hostname'],
    ['ffi', '--allow-ffi', '--allow-ffi='],
  ])(
    'without %s',
    (name, without, flag) => {
      const { status, lines } = run(entry, flagsOf(task, without));
      expect(status).toBe(1);
      expect(lines).toHaveLength(1);
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error' });
      expect(lines[0]).toContain(`Deno does not permit ${name} (`);
      expect(lines[0]).toContain(flag);
    },
    60_000,
  );
});

test.each([
  ['net', '--allow-net', {}, '--allow-net'],
  ['net', '--allow-net', { PORT: '3123' }, '--allow-net=0.0.0.0:3123'],
  ['net', '--allow-net', { DATABASE_URL: 'postgres://me:secret@db.example/chat' }, '--allow-net=db.example:5432'],
  ['net', '--allow-net', { REDIS_HOST: 'redis.example' }, '--allow-net=redis.example:6379'],
  ['write', '--allow-write', {}, '--allow-write='],
  ['read', '--no-prompt', { DATA_DIR: '/nowhere/data' }, '--allow-read=/nowhere/data --allow-write=/nowhere/data'],
])(
  'what the settings need: %s, without %s, with %o',
  (name, without, env, flag) => {
    const { status, lines } = run('src/runtime/deno.ts', flagsOf('start', without), env);
    expect(status).toBe(1);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '').msg).toContain(`Deno does not permit ${name} (`);
    expect(lines[0]).toContain(flag);
    expect(lines[0]).not.toContain('secret');
  },
  60_000,
);
