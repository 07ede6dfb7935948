// Draws which folder imports which, read from the code, into docs/architecture.md between two marks. `--check` changes
// nothing and fails if the picture there is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { importsOf, readSources } from './imports.mjs';

const PAGE = fileURLToPath(new URL('../docs/architecture.md', import.meta.url));
const PICTURES = [
  { mark: 'imports', roomOf: ([, folder]) => folder, of: (file) => file },
  { mark: 'imports-realtime', roomOf: ([, , folder]) => folder, of: (file) => /^src\/realtime\/\w+\//.test(file) },
];

/** The part that a file belongs to: a folder of `src/`, or `drizzle`. */
function parts(file) {
  return file.startsWith('src/') ? file.split('/') : ['', ...file.split('/')];
}

function edgesOf({ roomOf, of }, files) {
  const edges = new Map();
  for (const [file, text] of files) {
    if (!of(file)) continue;
    for (const { target } of importsOf(file, text)) {
      if (!files.has(target) || !of(target)) continue;
      const [from, to] = [roomOf(parts(file)), roomOf(parts(target))];
      if (from !== to) edges.set(from, (edges.get(from) ?? new Set()).add(to));
    }
  }
  return edges;
}

/** Leaves out an arrow if a longer way along other arrows says the same. Within a loop no way does. */
function withoutDetours(edges) {
  const reaches = (from, to, seen = new Set()) =>
    [...(edges.get(from) ?? [])].some((next) => {
      if (next === to) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, to, seen);
    });
  return [...edges].flatMap(([from, all]) =>
    [...all]
      .filter((to) => ![...all].some((by) => by !== to && !reaches(by, from) && !reaches(to, by) && reaches(by, to)))
      .map((to) => [from, to]),
  );
}

function draw(picture, files) {
  const arrows = withoutDetours(edgesOf(picture, files)).map(([from, to]) => `  ${from} --> ${to}`);
  return ['```mermaid', 'flowchart TD', ...arrows.sort(), '```'].join('\n');
}

const files = readSources('src', 'drizzle');
const page = readFileSync(PAGE, 'utf8');
let drawn = page;
for (const picture of PICTURES) {
  const between = new RegExp(`(<!-- ${picture.mark} -->\n)[\\s\\S]*?(<!-- /${picture.mark} -->)`);
  if (!between.test(page)) throw new Error(`docs/architecture.md has no marks for ${picture.mark}`);
  drawn = drawn.replace(between, (_, begin, end) => `${begin}${draw(picture, files)}\n${end}`);
}

if (drawn === page) process.exit(0);
if (process.argv.includes('--check')) {
  console.error('The picture of the imports in docs/architecture.md is not that of the code: npm run docs:imports');
  process.exit(1);
}
writeFileSync(PAGE, drawn);
