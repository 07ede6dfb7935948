// The service as a process of its own, as users run it: started with an environment, watched through its log, stopped.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Runtime, serviceCommand } from './runtimes.ts';

export interface LogLine {
  readonly [field: string]: unknown;
  readonly level: string;
  readonly msg: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ServiceProcess {
  /** `http://127.0.0.1:<port>` (or the HOST that it was given). Only available once it is listening. */
  readonly url: string;
  readonly pid: number;
  /** Its working folder, with `.env` and, unless told otherwise, its data. Removed after `stop`. */
  readonly directory: string;
  /** Every line that it logged so far. */
  readonly log: readonly LogLine[];
  /** Output that is no log line. Should be empty. */
  readonly noise: readonly string[];
  /** Resolves when it is gone. */
  readonly exited: Promise<Exit>;
  /** Resolves when it listens. Rejects with its output if it ends before. */
  listening(): Promise<void>;
  /** The first line, past or future, for which `match` is true. Rejects if it ends before. */
  line(match: (line: LogLine) => boolean): Promise<LogLine>;
  signal(signal: NodeJS.Signals): void;
  /** Ends it (SIGTERM unless told otherwise) and removes its folder. */
  stop(signal?: NodeJS.Signals): Promise<Exit>;
}

export interface ServiceProcessOptions {
  /**
   * Added to PORT=0, HOST=127.0.0.1 and a folder of its own. Of our own environment it only gets what processes need.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** Variables of the above that are not set. */
  readonly unset?: readonly string[];
  /** By default the Node that runs the tests. */
  readonly runtime?: Runtime;
  /** A module to load before it. */
  readonly preload?: string;
  /** A command line that runs the words after it as a command in its place, so the process stays the same. */
  readonly wrapper?: readonly string[];
  /** A folder to run in that is not removed. By default a fresh one. */
  readonly directory?: string;
}

/** Starts the service and waits until it listens. */
export async function startServiceProcess(options: ServiceProcessOptions = {}): Promise<ServiceProcess> {
  const service = spawnServiceProcess(options);
  try {
    await service.listening();
    return service;
  } catch (error) {
    await service.stop('SIGKILL');
    throw error;
  }
}

/** Starts the service and does not wait. */
export function spawnServiceProcess(options: ServiceProcessOptions = {}): ServiceProcess {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'service-'));
  const { file, args } = serviceCommand(options.runtime ?? 'node', options.preload);
  const [command = file, ...words] = [...(options.wrapper ?? []), file, ...args];
  const child = spawn(command, words, {
    cwd: directory,
    env: environment(options),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killed = () => child.kill('SIGKILL');
  process.once('exit', killed);
  const exited = new Promise<Exit>((resolve) => {
    // `close`, not `exit`, because all of its output has arrived by then.
    child.once('close', (code, signal) => {
      process.off('exit', killed);
      resolve({ code, signal });
    });
  });
  const output = readOutput(child);
  const line: ServiceProcess['line'] = (match) => output.first(match, exited);
  return {
    get url() {
      const line = output.log.find(isListening);
      if (line === undefined) throw new Error('The service does not listen yet');
      return `http://${line.address}:${line.port}`;
    },
    pid: child.pid as number,
    directory,
    log: output.log,
    noise: output.noise,
    exited,
    listening: async () => void (await line(isListening)),
    line,
    signal: (signal) => void child.kill(signal),
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      const exit = await exited;
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
      return exit;
    },
  };
}

function isListening(line: LogLine): boolean {
  return typeof line.port === 'number' && line.msg.startsWith('listening');
}

function environment({ env, unset = [] }: ServiceProcessOptions): NodeJS.ProcessEnv {
  const all = { ...inherited(), PORT: '0', HOST: '127.0.0.1', ...env };
  return Object.fromEntries(Object.entries(all).filter(([name]) => !unset.includes(name)));
}

function inherited(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'NODE_V8_COVERAGE', 'SystemRoot'];
  return Object.fromEntries(names.map((name) => [name, process.env[name]]).filter(([, value]) => value !== undefined));
}

function readOutput(child: ChildProcess) {
  const log: LogLine[] = [];
  const noise: string[] = [];
  const watchers = new Set<(line: LogLine) => void>();

  function take(text: string): void {
    const line = parseLine(text);
    if (line === undefined) {
      noise.push(text);
      return;
    }
    log.push(line);
    for (const watch of watchers) watch(line);
  }

  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream as never }).on('line', take);

  async function first(match: (line: LogLine) => boolean, exited: Promise<Exit>): Promise<LogLine> {
    const past = log.find(match);
    if (past) return past;
    let watch: ((line: LogLine) => void) | undefined;
    const future = new Promise<LogLine>((resolve) => {
      watch = (line) => {
        if (match(line)) resolve(line);
      };
      watchers.add(watch);
    });
    const ended = exited.then(({ code, signal }) => {
      const said = [...log.map((line) => JSON.stringify(line)), ...noise].join('\n');
      throw new Error(`The service ended (${code ?? signal}) before it said what was waited for:\n${said}`);
    });
    return Promise.race([future, ended]).finally(() => watchers.delete(watch as never));
  }

  return { log, noise, first };
}

function parseLine(text: string): LogLine | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null && 'msg' in line ? (line as LogLine) : undefined;
  } catch {
    return undefined;
  }
}
