// The migration command as a process of its own, as an operator runs it, so that tests can watch and kill it.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../dist/migrate.js', import.meta.url));

export interface MigrateEnd {
  /** Null if it was killed. */
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

export interface MigrateProcess {
  readonly ended: Promise<MigrateEnd>;
  /** Resolves at the first matching line of its progress. Rejects if it ends before. */
  line(wanted: RegExp): Promise<void>;
  /** SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>;
}

/** `words` as on the command line. `env` is the whole environment besides PATH. */
export function startMigrate(words: readonly string[], env: Readonly<Record<string, string>>): MigrateProcess {
  const child = spawn(process.execPath, [SCRIPT, ...words], { env: { PATH: process.env.PATH, ...env } });
  const killed = () => child.kill('SIGKILL');
  process.once('exit', killed);
  let output = '';
  const lines: string[] = [];
  const watchers = new Set<() => void>();
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    for (const watch of watchers) watch();
  });
  const ended = new Promise<MigrateEnd>((resolve) => {
    child.once('close', (code) => {
      process.off('exit', killed);
      resolve({ code, output, errors: lines.map((line) => `${line}\n`).join('') });
    });
  });
  return {
    ended,
    async line(wanted) {
      const seen = new Promise<void>((resolve) => {
        const watch = () => {
          if (lines.some((line) => wanted.test(line))) resolve();
        };
        watchers.add(watch);
        watch();
      });
      const end = ended.then(({ code }) => {
        throw new Error(`It ended (${code}) before it said ${wanted}:\n${lines.join('\n')}`);
      });
      await Promise.race([seen, end]);
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

export function migrate(words: readonly string[], env: Readonly<Record<string, string>>): Promise<MigrateEnd> {
  return startMigrate(words, env).ended;
}
