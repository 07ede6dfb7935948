// A server that tests start themselves: it can be killed, frozen and thawed, and never outlives the tests.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The account that a server runs under, if it is not ours. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** The working folder of the server, made by `temporaryDirectory`. Only this server uses it. */
  readonly directory: string;
  /** What the server prints when it can be used. */
  readonly ready: RegExp;
  readonly account?: Account | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

export interface ServerProcess {
  /** Sends a signal only to the main process: a polite end. Resolves when it is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** SIGKILL to the server and its children, as a crash. Resolves when all are gone. */
  kill(): Promise<void>;
  /** SIGSTOP to the server and its children: links stay open, and nothing answers. */
  freeze(): void;
  thaw(): void;
}

/** The guard of each temporary folder of this process. */
const guards = new Map<string, ChildProcess>();

/** A fresh folder, removed at the latest when this process ends, however it ends. */
export function temporaryDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `${name}-`));
  guards.set(directory, startGuard(directory));
  return directory;
}

/** Removes a folder at once. For a moment, children of a killed server may still write into it. */
export function removeDirectory(directory: string): void {
  guards.get(directory)?.kill('SIGKILL');
  guards.delete(directory);
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

/**
 * Starts a small process that outlives this one: its input ends when this one does. Then it kills the server whose
 * process id it read last, and removes the folder.
 */
function startGuard(directory: string): ChildProcess {
  const script = 'while read -r n; do pid=$n; done; [ "$pid" ] && kill -9 "$pid" && sleep 0.2; rm -rf "$0"';
  const guard = spawn('sh', ['-c', script, directory], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  guard.stdin?.on('error', () => {});
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  return guard;
}

/**
 * Below the ports that Linux, macOS and Windows use for outgoing connections, because those may be taken at any time.
 */
const FIRST_PORT = 10_000;
const END_OF_PORTS = 32_768;

/**
 * Returns a port of 127.0.0.1 that nothing uses. If `companion` is given, `port + companion` is free too. This process
 * keeps the port, so that a server that gave it up for a moment (to restart) finds it free.
 */
export async function freePort(companion = 0): Promise<number> {
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    const port = randomInt(FIRST_PORT, END_OF_PORTS - companion);
    const ports = companion === 0 ? [port] : [port, port + companion];
    if ((await Promise.all(ports.map(reserve))).every(Boolean)) return port;
  }
  throw new Error('no free port on 127.0.0.1');
}

/** Whether the port is free. If so, it is kept from now on for its user in this process. */
async function reserve(port: number): Promise<boolean> {
  return (await hold(port)) && (await canListen(port));
}

/** The UDP port of the same number marks it as taken: the kernel gives it to one process, until that one is gone. */
function hold(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const sign = createSocket('udp4').unref();
    sign.once('error', () => {
      sign.close();
      resolve(false);
    });
    sign.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true));
  });
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Starts the server and waits until it can be used. Rejects with its output if it ends before that. */
export async function launch(options: Launch): Promise<ServerProcess> {
  const child = spawn(options.command, options.args, {
    ...options.account,
    cwd: options.directory,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C in the terminal goes to the tests, which then end the server in order.
    detached: true,
  });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const guard = guards.get(options.directory)?.stdin;
  guard?.write(`${child.pid ?? ''}\n`);
  void gone.then(() => guard?.write('\n'));
  await becomesReady(child, options);
  const pid = child.pid as number;
  return {
    async end(signal) {
      child.kill(signal);
      await gone;
    },
    async kill() {
      const family = [pid, ...childrenOf(pid)];
      signalAll(family, 'SIGKILL');
      await gone;
      // Orphans end by themselves. If nobody reaps them they seem to live on, so this does not wait for ever.
      for (let look = 0; look < 200 && family.some(isAlive); look += 1) await pause(5);
    },
    // The parent first and last, because it must not start children between the two steps.
    freeze() {
      signalAll([pid], 'SIGSTOP');
      signalAll(childrenOf(pid), 'SIGSTOP');
    },
    thaw() {
      signalAll([...childrenOf(pid), pid], 'SIGCONT');
    },
  };
}

function becomesReady(child: ChildProcess, { command, ready }: Launch): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer): void => {
      // Later output is read, so that a full pipe never blocks the server, but not kept.
      if (output.length < 100_000) output += chunk;
      if (ready.test(output)) resolve();
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`${command} ended (${code ?? signal}): ${output}`)));
  });
}

function childrenOf(pid: number): number[] {
  const listing = `/proc/${pid}/task/${pid}/children`;
  const list = existsSync(listing) ? readFileSync(listing, 'utf8') : pgrepChildren(pid);
  return list.split(/\s+/).filter(Boolean).map(Number);
}

function pgrepChildren(pid: number): string {
  try {
    return execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
  } catch {
    return ''; // pgrep exits with 1 if there are none
  }
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // gone by itself
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
