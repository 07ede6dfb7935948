// Who may import whom, and the shape that every file has: the rules that keep this code as it is described.
import { describe, expect, it } from 'vitest';
import { type Files, type Import, importsOf, loops, readSources, withoutComments } from '../scripts/imports.mjs';

/** What the files of a folder may import beside each other: paths below src/ (or from the root), and packages. */
interface Layer {
  readonly imports: readonly string[];
  /** With `import type` alone. */
  readonly types?: readonly string[];
  /** Each with all of its subpaths; `*` at the end stands for anything. */
  readonly packages: readonly string[];
}

/** From the bottom up: a folder can only name those above it in this list, so there are no cycles between folders. */
const LAYERS: Readonly<Record<string, Layer>> = {
  lib: { imports: [], packages: [] },
  protocol: { imports: [], packages: ['zod'] },
  drizzle: { imports: [], packages: ['drizzle-orm'] },
  backends: { imports: ['lib', 'protocol'], packages: ['ioredis', 'rate-limiter-flexible'] },
  database: {
    imports: ['lib', 'protocol/errors.ts', 'drizzle'],
    types: ['protocol'],
    packages: ['drizzle-orm', 'postgres', '@electric-sql/pglite'],
  },
  legacy: { imports: ['lib', 'protocol/errors.ts', 'database', 'drizzle'], packages: ['drizzle-orm'] },
  chat: {
    imports: ['lib', 'protocol', 'database', 'drizzle'],
    types: ['backends'],
    packages: ['drizzle-orm', 'hono/jwt', '@node-rs/*'],
  },
  realtime: { imports: ['lib', 'protocol', 'chat'], types: ['backends'], packages: ['zod'] },
  http: {
    imports: ['lib', 'protocol', 'chat', 'realtime'],
    types: ['backends'],
    packages: ['hono', '@hono/zod-validator', 'zod'],
  },
  transports: {
    imports: ['lib', 'protocol', 'database/errors.ts', 'chat', 'realtime', 'http/failure.ts', 'http/answer-headers.ts'],
    types: ['backends'],
    packages: ['engine.io', 'ws', 'hono', 'node:*'],
  },
  runtime: {
    imports: ['lib', 'protocol', 'drizzle', 'backends', 'database', 'legacy', 'chat', 'realtime', 'http', 'transports'],
    packages: ['*'],
  },
};

/** What reads a value with a schema: in one place, which never throws. (Settings are not somebody else's.) */
const READS_WITH_A_SCHEMA = /\.(?:safeP|p)arse(?:Async)?\(/;
const MAY_READ_WITH_A_SCHEMA = new Set(['src/protocol/decode.ts', 'src/runtime/config/config.ts']);
const OTHER_PARSERS = /\b(?:JSON|Date|URL)\.parse\(/g;
const RUNTIME_GLOBALS = /(?<![.\w'-])(?:process|Buffer|Deno|Bun|require|__dirname|__filename)(?=[.([])/;
const MAY_KNOW_THE_RUNTIME = new Set(['transports', 'runtime']);
const MAX_LINES = 400;
/** Who may read the clock that people set; everybody else is handed one, and counts durations by what only goes on. */
const WALL_CLOCK = /\bDate\.now\b|\bnew Date\(\)/;
const MAY_READ_THE_WALL_CLOCK = new Set([
  'src/backends/clock/system.ts',
  // The time when a window ends, the time of a frame, and that of a line of the log.
  'src/backends/rate-limit/state.ts',
  'src/transports/socketio/connection.ts',
  'src/runtime/platform/deno-basics.ts',
]);

/** Where a file or an import belongs: `src/chat/log/read.ts` is `chat/log/read.ts`. */
function placeOf(path: string): string {
  return path.replace(/^src\//, '');
}

function folderOf(path: string): string {
  return placeOf(path).split('/')[0] as string;
}

function isUnder(target: string, allowed: readonly string[] = []): boolean {
  return allowed.some((name) =>
    name.endsWith('*') ? target.startsWith(name.slice(0, -1)) : target === name || target.startsWith(`${name}/`),
  );
}

function isAllowed(file: string, { target, isType }: Import, files: Files): boolean {
  const layer = LAYERS[folderOf(file)];
  if (!layer || target === '?') return false;
  if (!files.has(target)) return isUnder(target, layer.packages) && !/^(src|drizzle|tests)\//.test(target);
  if (folderOf(target) === folderOf(file)) return true;
  return isUnder(placeOf(target), isType ? [...layer.imports, ...(layer.types ?? [])] : layer.imports);
}

function forbiddenImports(files: Files): string[] {
  return [...files].flatMap(([file, text]) =>
    importsOf(file, text)
      .filter((found) => !isAllowed(file, found, files))
      .map(({ target, isType }) => `${file} imports ${isType ? 'a type of ' : ''}${target}`),
  );
}

function misshapen(files: Files): string[] {
  return [...files].flatMap(([file, text]) => {
    const code = withoutComments(text);
    const lines = text.trimEnd().split('\n').length;
    const global = MAY_KNOW_THE_RUNTIME.has(folderOf(file)) ? undefined : RUNTIME_GLOBALS.exec(code)?.[0];
    return [
      ...(lines > MAX_LINES ? [`${file} has ${lines} lines`] : []),
      ...(/^(\/\/|\/\*)/.test(text) ? [] : [`${file} does not begin with a comment`]),
      ...(/^export default\b|^export \{[^}]*\bdefault\b/m.test(code) ? [`${file} has a default export`] : []),
      ...(global ? [`${file} knows the runtime: ${global}`] : []),
      ...(WALL_CLOCK.test(code) && !MAY_READ_THE_WALL_CLOCK.has(file) ? [`${file} reads the wall clock`] : []),
      ...(readsWithASchema(file, code) ? [`${file} reads with a schema: that is decode.ts's`] : []),
    ];
  });
}

function readsWithASchema(file: string, code: string): boolean {
  return !MAY_READ_WITH_A_SCHEMA.has(file) && READS_WITH_A_SCHEMA.test(code.replaceAll(OTHER_PARSERS, ''));
}

describe('the code', () => {
  const files = readSources('src', 'drizzle');

  it('lives in folders of the table', () => {
    expect(files.size).toBeGreaterThan(0);
    expect([...files.keys()].filter((file) => !(folderOf(file) in LAYERS))).toEqual([]);
  });

  it('imports nothing that it may not', () => {
    expect(forbiddenImports(files)).toEqual([]);
  });

  it('has no files in a loop, not even by their types', () => {
    expect(loops(files)).toEqual([]);
  });

  it('has short files that begin with what they hold, no default exports, and its runtimes in one place', () => {
    expect(misshapen(files)).toEqual([]);
  });
});

describe('the table of layers', () => {
  it('has no cycles', () => {
    const names = Object.keys(LAYERS);
    for (const [index, { imports, types = [] }] of Object.values(LAYERS).entries()) {
      const below = new Set(names.slice(0, index));
      expect([...imports, ...types].map(folderOf).filter((name) => !below.has(name))).toEqual([]);
    }
  });
});

describe('the checks find', () => {
  const OTHERS = [
    ...['src/protocol/errors.ts', 'src/protocol/limits.ts', 'src/backends/clock/clock.ts', 'src/chat/a.ts'],
    ...['src/runtime/service.ts', 'drizzle/schema.ts'],
  ];

  /** One file with this code among others that are empty. */
  function planted(file: string, code: string): Files {
    return new Map([...OTHERS.map((name): [string, string] => [name, '']), [file, code]]);
  }

  it.each([
    ['src/protocol/x.ts', `import { a } from '../chat/a.ts';`, 'src/chat/a.ts'],
    ['src/protocol/x.ts', `import type { A } from '../chat/a.ts';`, 'a type of src/chat/a.ts'],
    ['src/protocol/x.ts', `import {\n  a,\n  b,\n} from 'hono';`, 'hono'],
    ['src/backends/x.ts', `import { a } from '../chat/a.ts';`, 'src/chat/a.ts'],
    ['src/database/x.ts', `import { LIMITS } from '../protocol/limits.ts';`, 'src/protocol/limits.ts'],
    [
      'src/chat/log/x.ts',
      `import { type Clock, b } from '../../backends/clock/clock.ts';`,
      'src/backends/clock/clock.ts',
    ],
    ['src/chat/x.ts', `import { Hono } from 'hono';`, 'hono'],
    ['src/realtime/x.ts', `export { a } from '../backends/clock/clock.ts';`, 'src/backends/clock/clock.ts'],
    ['src/realtime/x.ts', `const a = await import('ws');`, 'ws'],
    ['src/http/x.ts', `import 'node:fs';`, 'node:fs'],
    ['src/http/x.ts', `const a = await import(name);`, '?'],
    ['src/transports/x.ts', `import { a } from '../runtime/service.ts';`, 'src/runtime/service.ts'],
    ['src/chat/x.ts', `import { a } from '../runtime/service.ts';`, 'src/runtime/service.ts'],
    ['src/runtime/x.ts', `import { a } from '../../tests/support/a.ts';`, 'tests/support/a.ts'],
    ['src/news/x.ts', `import { a } from 'zod';`, 'zod'],
  ])('in %s: %s', (file, code, target) => {
    expect(forbiddenImports(planted(file, code))).toEqual([`${file} imports ${target}`]);
  });

  it.each([
    ['src/chat/log/x.ts', `import type { Clock } from '../../backends/clock/clock.ts';`],
    ['src/chat/x.ts', `import { sign } from 'hono/jwt';\nimport { chats } from '../../drizzle/schema.ts';`],
    ['src/database/x.ts', `import { ChatError } from '../protocol/errors.ts';\nimport 'drizzle-orm/pglite/migrator';`],
    ['src/transports/x.ts', `import { createServer } from 'node:http';\n// import { a } from '../chat/a.ts';`],
    ['src/runtime/x.ts', `import { a } from '../chat/a.ts';\nimport { b } from 'node:fs';`],
  ])('nothing in %s: %s', (file, code) => {
    expect(forbiddenImports(planted(file, code))).toEqual([]);
  });

  it('files that need each other', () => {
    const files = new Map([
      ['src/chat/a.ts', `import { b } from './b.ts';`],
      ['src/chat/b.ts', `import { c } from './c.ts';`],
      ['src/chat/c.ts', `import { b } from './b.ts';\nimport type { A } from './a.ts';`],
    ]);
    expect(loops(files, ({ isType }) => !isType)).toEqual([['src/chat/b.ts', 'src/chat/c.ts']]);
    expect(loops(files)).toEqual([['src/chat/a.ts', 'src/chat/b.ts', 'src/chat/c.ts']]);
  });

  it.each([
    ['has 402 lines', `// Long.\n${'\n'.repeat(400)}export const a = 1;\n`],
    ['does not begin with a comment', `export const a = 1;\n`],
    ['has a default export', `// One.\nexport default 1;\n`],
    ['has a default export', `// One.\nexport { a as default };\n`],
    ['knows the runtime: process', `// One.\nexport const a = process.env.A;\n`],
    ['reads the wall clock', `// One.\nexport const a = Date.now();\n`],
    ['knows the runtime: Deno', `// One.\nexport const a = Deno.env;\n`],
    [`reads with a schema: that is decode.ts's`, `// One.\nexport const a = id.safeParse(JSON.parse(b));\n`],
  ])('a file that %s', (problem, text) => {
    expect(misshapen(new Map([['src/chat/x.ts', text]]))).toEqual([`src/chat/x.ts ${problem}`]);
  });
});
