// Nodes of several runtimes look names up in one database: each has to fold every character alike, whichever Unicode it knows.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RUNTIME_NAMES, runtimePath } from '../../scripts/runtime.mjs';
import { installRuntimes } from '../support/runtimes.ts';

const SCRIPT = `
  import { createHash } from 'node:crypto';
  import { fold } from './src/lib/fold.ts';
  const sum = createHash('sha256');
  for (let code = 0; code <= 0x10ffff; code += 1) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    // A mark that is new in Unicode, as some above are, has no place among others where it is not known.
    sum.update(fold(character) + (code < 0x1000 ? fold('I' + character + '\\u0307') : '') + '\\n');
  }
  console.log(sum.digest('hex'));`;

const folder = mkdtempSync(join(tmpdir(), 'fold-'));
const script = join(folder, 'fold.mjs');
const sums = new Map<string, string>();

function sumOn(file: string, ...args: string[]): string {
  return execFileSync(file, [...args, script], { encoding: 'utf8' }).trim();
}

beforeAll(async () => {
  await installRuntimes(RUNTIME_NAMES);
  const stdin = { contents: SCRIPT, resolveDir: process.cwd(), loader: 'ts' } as const;
  buildSync({ stdin, bundle: true, format: 'esm', platform: 'node', outfile: script });
  sums.set('node', sumOn(process.execPath));
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true }));

it.each(RUNTIME_NAMES)(
  '%s folds every character as the Node that runs the tests',
  (name) => {
    expect(sumOn(runtimePath(name), ...(name === 'deno' ? ['run'] : []))).toBe(sums.get('node'));
  },
  60_000,
);

it('folds every character as it did when names were stored', () => {
  expect(sums.get('node')).toBe('b50efc950c28448ce1531ca188206e82ab42f9f74a375f36efc59c4e4d9274ba');
});
