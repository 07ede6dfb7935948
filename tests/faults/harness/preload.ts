// Loads modules before the service, on runtimes that ignore NODE_OPTIONS.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceProcessOptions } from '../../support/node-process.ts';
import type { Runtime } from '../../support/runtimes.ts';
import { removeDirectory } from '../../support/server-process.ts';

const MODULE = /^--import=data:text\/javascript,(.*)$/;

/** How to start a node of this runtime so that the module of its NODE_OPTIONS, if any, is loaded first. */
export function preloading(runtime: Runtime, env: Readonly<Record<string, string>>): ServiceProcessOptions {
  const { NODE_OPTIONS = '', ...others } = env;
  const [, source] = MODULE.exec(NODE_OPTIONS) ?? [];
  if (source === undefined || runtime.startsWith('node')) return { runtime, env };
  const folder = mkdtempSync(join(tmpdir(), 'preload-'));
  process.once('exit', () => removeDirectory(folder));
  const preload = join(folder, 'preload.mjs');
  writeFileSync(preload, decodeURIComponent(source));
  return { runtime, env: others, preload };
}
