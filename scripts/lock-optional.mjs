// Adds to package-lock.json the optional packages of other platforms that the registry in use did not offer. `npm
// install` leaves such packages out of the lock without a word, and `npm ci` then refuses the lock because they are
// missing.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const EXACT_VERSION = /^\d+\.\d+\.\d+/;

/** What the parts of a platform package's name mean, as in `cli-linux-arm64-musl` or `binding-win32-x64-msvc`. */
const SYSTEMS = {
  ...Object.fromEntries(
    ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'].map(
      (name) => [name, name],
    ),
  ),
  windows: 'win32',
  linuxmusl: 'linux',
};
const PROCESSORS = {
  ...Object.fromEntries(
    ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'].map((name) => [
      name,
      name,
    ]),
  ),
  aarch64: 'arm64',
  x86_64: 'x64',
};

/**
 * The place where Node would find `name` from the package at `from`, as a key of the lock. Undefined if there is none.
 */
function resolveKey(packages, from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    const key = `${folder}${folder && '/'}node_modules/${name}`;
    if (key in packages) return key;
    if (folder === '') return undefined;
  }
}

function stub(name, version, parent) {
  const parts = name.split('/').at(-1).split('-');
  const system = parts.map((part) => SYSTEMS[part]).find(Boolean);
  const processor = parts.map((part) => PROCESSORS[part]).find(Boolean);
  return {
    version,
    ...(processor && { cpu: [processor] }),
    ...(parent.dev && { dev: true }),
    optional: true,
    ...(system && { os: [system] }),
  };
}

/** The entries that the lock lacks, by key. */
function missing(packages) {
  const found = {};
  for (const [key, entry] of Object.entries(packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      if (!EXACT_VERSION.test(range) || resolveKey(packages, key, name) !== undefined) continue;
      found[`node_modules/${name}`] = stub(name, range, entry);
    }
  }
  return found;
}

const file = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const lock = JSON.parse(readFileSync(file, 'utf8'));
const added = missing(lock.packages);
const byKey = ([a], [b]) => (a < b ? -1 : a > b ? 1 : 0);
lock.packages = Object.fromEntries(Object.entries({ ...lock.packages, ...added }).sort(byKey));
if (Object.keys(added).length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${Object.keys(added).length} optional packages added to package-lock.json`);
