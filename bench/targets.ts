// What is measured: the built service, and bare servers that show what the machine can do without it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type RuntimeName, runtimePath } from '../scripts/runtime.mjs';
import { freePort } from '../tests/support/server-process.ts';
import { type Dialect, raw, socketIo } from './load/dialect.ts';
import { pause } from './load/pace.ts';
import { SECRET } from './load/people.ts';
import { type Usage, usageOf } from './process-tree.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

export interface Target {
  readonly name: string;
  readonly dialect: Dialect;
  /** False for peers, because they store nothing. */
  readonly stores: boolean;
  /** The runtime of the command. By default the Node that runs this. */
  readonly runtime?: RuntimeName;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The permissions of `deno task start`. */
const DENO = [
  'run',
  '--no-prompt',
  '--allow-net',
  '--allow-env',
  '--allow-read=.,/usr/bin/ldd',
  '--allow-write=./data',
  '--allow-ffi=./node_modules',
  '--allow-sys=hostname',
];

export interface Running {
  readonly port: number;
  readonly startMs: number;
  usage(): Usage;
  stop(): Promise<void>;
}

export function targets(services: { databaseUrl: string; redisUrl: string }): Target[] {
  const service = {
    command: ['dist/main.js'],
    stores: true,
    env: {
      DATABASE_URL: services.databaseUrl,
      REDIS_URL: services.redisUrl,
      MIGRATE_ON_START: 'true',
      JWT_SECRET: SECRET,
      LOG_LEVEL: 'warn',
      RATE_LIMIT_MAX_REQUESTS: '0',
      WS_RATE_LIMIT_PER_SECOND: '0',
    },
  };
  const deno = [...DENO, 'src/runtime/deno.ts'];
  const ws = { command: ['bench/peers/ws-broadcast.mjs'], stores: false, dialect: raw };
  return [
    { ...service, name: 'service', dialect: raw },
    { ...service, name: 'service on Node LTS', dialect: raw, runtime: 'node-lts' },
    { ...service, name: 'service on Deno', dialect: raw, runtime: 'deno', command: deno },
    { ...service, name: 'service on Bun', dialect: raw, runtime: 'bun' },
    { ...ws, name: 'ws', env: {} },
    { ...ws, name: 'ws coalesced', env: { COALESCE: '1' } },
    { ...service, name: 'service over Socket.IO', dialect: socketIo },
    { name: 'Socket.IO', command: ['bench/peers/socketio-broadcast.mjs'], stores: false, dialect: socketIo, env: {} },
  ];
}

/** Starts the target and waits for its first answer to GET /health. */
export async function run({ runtime, command, env, name }: Target): Promise<Running> {
  const port = await freePort();
  const started = performance.now();
  const child = spawn(runtime ? runtimePath(runtime) : process.execPath, [...command], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: `${port}`,
      ...env,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${name} ended (${child.exitCode})`);
    await pause(3);
  }
  const startMs = performance.now() - started;
  return { port, startMs, usage: () => usageOf(child.pid as number), stop: () => end(child) };
}

async function answers(port: number): Promise<boolean> {
  try {
    const { ok } = await fetch(`http://127.0.0.1:${port}/health`, { headers: { connection: 'close' } });
    return ok;
  } catch {
    return false;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
