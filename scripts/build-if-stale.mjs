// Builds the service if nothing is built yet or a source is newer. `npm start` runs this first.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = ['src', 'drizzle', 'scripts/build.mjs', 'package-lock.json'];

function newestChange(path) {
  const info = statSync(path, { throwIfNoEntry: false });
  if (!info) return 0;
  if (!info.isDirectory()) return info.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newestChange(join(path, name))));
}

function hasBuildTools() {
  try {
    createRequire(import.meta.url).resolve('esbuild');
    return true;
  } catch {
    return false;
  }
}

const built = join(root, 'dist/main.js');
const isBuilt = existsSync(built);
const isStale =
  !isBuilt || Math.max(...SOURCES.map((source) => newestChange(join(root, source)))) > statSync(built).mtimeMs;

if (isStale && hasBuildTools()) {
  await import('./build.mjs');
} else if (!isBuilt) {
  console.error('Nothing is built, and the build tools are not installed: run `npm ci && npm run build` first.');
  process.exitCode = 1;
}
