// Builds what Node runs: dist/main.js (the service) and a file for each command (cli, migrate, embedded-export,
// after-restore). Heavy parts are in files of their own, which are read when first needed.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Left in node_modules: native code, WebAssembly and assets, and what is loaded only if installed. */
const EXTERNAL = ['@electric-sql/pglite', '@node-rs/*', 'swagger-ui-dist', 'bufferutil', 'utf-8-validate'];

/** Bundled CommonJS modules still load Node's own modules with `require`. */
const BANNER = `import { createRequire as __createRequire } from 'node:module';
import { fileURLToPath as __fileURLToPath } from 'node:url';
const require = __createRequire(import.meta.url);
const __filename = __fileURLToPath(import.meta.url);
const __dirname = __fileURLToPath(new URL('.', import.meta.url));`;

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: {
    main: 'src/runtime/node.ts',
    migrate: 'src/runtime/cli/migrate.ts',
    cli: 'src/runtime/cli/main.ts',
    'embedded-export': 'src/runtime/cli/embedded-export.ts',
    'after-restore': 'src/runtime/cli/after-restore.ts',
    'counts-check': 'src/runtime/cli/counts-check.ts',
  },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: EXTERNAL,
  banner: { js: BANNER },
  // Names stay as they are, for stack traces, and because esbuild's way of keeping them costs time in every function.
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
  write: false,
});

// Written before old files are removed, so that a running service misses a file for a moment at most.
const written = new Set(outputFiles.map(({ path }) => path));
for (const { path, contents } of outputFiles) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, contents);
}
for (const entry of await readdir(join(root, 'dist'), { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && !written.has(path)) await rm(path);
}
