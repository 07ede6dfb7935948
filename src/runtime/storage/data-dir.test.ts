// Only one process at a time holds a data directory, and it has only one secret.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runtimePath } from '../../../scripts/runtime.mjs';
import { StartError } from '../start-error.ts';
import { generatedSecret, holdDataDir, makeDataDir } from './data-dir.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
let directory: string;

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'data-')), 'nested', 'data');
});
afterEach(() => {
  rmSync(join(directory, '../..'), { recursive: true, force: true });
});

type Elsewhere = 'node' | 'deno' | 'bun';

/** Another process, of any runtime, that holds the directory, or says why not. */
function holdElsewhere(runtime: Elsewhere) {
  const script = `
    import { holdDataDir } from ${JSON.stringify(new URL('./data-dir.ts', import.meta.url).href)};
    const quiet = () => {};
    try {
      holdDataDir(${JSON.stringify(directory)}, { debug: quiet, info: quiet, warn: quiet, error: quiet });
      console.log('held');
      setInterval(quiet, 1000);
    } catch (error) {
      console.log(error.message);
    }`;
  const [command, ...options] = {
    node: () => [process.execPath, '--import', import.meta.resolve('tsx'), '--input-type=module', '--eval'],
    deno: () => [runtimePath('deno'), 'eval'],
    bun: () => [runtimePath('bun'), '--eval'],
  }[runtime]() as [string, ...string[]];
  const child = spawn(command, [...options, script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = once(child.stdout, 'data').then(([chunk]) => String(chunk).trim());
  return { child, said };
}

describe('holdDataDir', () => {
  test('creates the directory only for its owner', () => {
    holdDataDir(directory, silent)();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  test('a second one in the same process is refused until the first releases it', () => {
    const release = holdDataDir(directory, silent);
    expect(() => holdDataDir(directory, silent)).toThrow(StartError);
    release();
    holdDataDir(directory, silent)();
  });

  test.each<Elsewhere>(['node', 'deno', 'bun'])(
    'another process (%s) is refused with the names of both',
    async (other) => {
      const release = holdDataDir(directory, silent);
      const refusal = await holdElsewhere(other).said;
      expect(refusal).toContain(directory);
      expect(refusal).toContain(`process ${process.pid} on `);
      release();
    },
    60_000,
  );

  test.each<Elsewhere>(['node', 'deno', 'bun'])(
    'what a killed process (%s) held is free at once',
    async (other) => {
      const { child, said } = holdElsewhere(other);
      expect(await said).toBe('held');
      expect(() => holdDataDir(directory, silent)).toThrow(`process ${child.pid} on `);
      child.kill('SIGKILL');
      await once(child, 'exit');
      holdDataDir(directory, silent)();
      writeFileSync(join(directory, 'lock'), `process ${process.pid} on this machine`);
      holdDataDir(directory, silent)();
    },
    60_000,
  );

  test('a directory that cannot be created is named', () => {
    writeFileSync(join(directory, '../..', 'file'), '');
    const impossible = join(directory, '../..', 'file', 'data');
    expect(() => makeDataDir(impossible)).toThrow(impossible);
  });
});

describe('generatedSecret', () => {
  test('is generated once, is long, and is readable only for its owner', () => {
    const secret = generatedSecret(directory);
    expect(secret).toMatch(/^[\w-]{64}$/);
    expect(generatedSecret(directory)).toBe(secret);
    expect(statSync(join(directory, 'jwt-secret')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(directory, 'jwt-secret'), 'utf8')).toBe(`${secret}\n`);
  });

  test('a damaged one is not replaced without a word', () => {
    makeDataDir(directory);
    writeFileSync(join(directory, 'jwt-secret'), 'short');
    expect(() => generatedSecret(directory)).toThrow(/damaged/);
  });

  test('one that cannot be read names the directory', () => {
    mkdirSync(join(directory, 'jwt-secret'), { recursive: true });
    expect(() => generatedSecret(directory)).toThrow(directory);
  });
});
