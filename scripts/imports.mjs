// Which file imports which, read from the code: for the architecture test and the picture of the imports.
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMMENTS = /^\s*(?:\/\*[\s\S]*?\*\/|\/\/.*$)/gm;
const IMPORTS = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
const DYNAMIC_IMPORTS = /\bimport\(\s*(?:'([^']+)'\s*\))?/g;

/** The text of code without comments that start at the beginning of a line. */
export function withoutComments(text) {
  return text.replaceAll(COMMENTS, '');
}

/**
 * What a file imports. Relative imports are paths from the root. A dynamic import of anything but a literal is `?`.
 * Returns a list of `{ target, isType }`.
 */
export function importsOf(file, text) {
  const code = withoutComments(text);
  const resolve = (name) => (name.startsWith('.') ? posix.join(posix.dirname(file), name) : name);
  return [
    ...[...code.matchAll(IMPORTS)].map(([, type, name]) => ({ target: resolve(name ?? ''), isType: !!type })),
    ...[...code.matchAll(DYNAMIC_IMPORTS)].map(([, name]) => ({ target: resolve(name ?? '?'), isType: false })),
  ];
}

/** The source files below these folders, without tests: a map from the path (from the root, with `/`) to the text. */
export function readSources(...folders) {
  const names = folders.flatMap((folder) =>
    readdirSync(posix.join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
      (name) => `${folder}/${name.replaceAll('\\', '/')}`,
    ),
  );
  const sources = names.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts')).sort();
  return new Map(sources.map((name) => [name, readFileSync(posix.join(ROOT, name), 'utf8')]));
}

/**
 * Loops: groups of files in which each file reaches each other one. `follow` decides which imports count. Returns a
 * list of sorted lists of paths. (Tarjan's strongly connected components, 1972.)
 */
export function loops(files, follow = () => true) {
  const found = [];
  const order = new Map();
  const low = new Map();
  const open = [];

  function visit(file) {
    order.set(file, order.size);
    low.set(file, order.get(file));
    open.push(file);
    for (const { target, isType } of importsOf(file, files.get(file))) {
      if (!files.has(target) || !follow({ target, isType })) continue;
      if (!order.has(target)) visit(target);
      if (open.includes(target)) low.set(file, Math.min(low.get(file), low.get(target)));
    }
    if (low.get(file) !== order.get(file)) return;
    const group = open.splice(open.indexOf(file));
    if (group.length > 1) found.push(group.sort());
  }

  for (const file of files.keys()) if (!order.has(file)) visit(file);
  return found;
}
