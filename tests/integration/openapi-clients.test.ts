// Clients that two public generators make from the published document: they compile strictly, and work.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runScript, toolsWorkplace } from '../support/openapi-tools.ts';
import { removeDirectory } from '../support/server-process.ts';
import { embeddedTarget, withService } from '../support/service-under-test.ts';

const PROGRAMS = fileURLToPath(new URL('openapi-clients', import.meta.url));
const service = withService(embeddedTarget());

let workplace = '';
beforeAll(async () => {
  workplace = await toolsWorkplace('openapi-generators');
  writeFileSync(join(workplace, 'package.json'), '{"type":"module"}');
  // The types of Node come from the project: the programs read their arguments.
  const types = fileURLToPath(new URL('../../node_modules/@types', import.meta.url));
  const tsconfig = {
    compilerOptions: { ...STRICT, typeRoots: [types], types: ['node'] },
    include: ['*/**/*.ts'],
    exclude: ['node_modules'],
  };
  writeFileSync(join(workplace, 'tsconfig.json'), JSON.stringify(tsconfig));
}, 180_000);
afterAll(() => removeDirectory(workplace));

/** All that is strict, but for `exactOptionalPropertyTypes`: @hey-api/openapi-ts' own code does not stand it. */
const STRICT = {
  ...{ target: 'es2023', module: 'nodenext', lib: ['es2023', 'dom', 'dom.iterable'] },
  ...{ strict: true, noUncheckedIndexedAccess: true, noPropertyAccessFromIndexSignature: true },
  ...{ noImplicitOverride: true, noUnusedLocals: true, noUnusedParameters: true, noEmitOnError: true },
  ...{ outDir: 'built', rootDir: '.' },
};

/** Each takes the document from the running service. */
const GENERATORS: readonly [name: string, script: string, args: (folder: string) => string[]][] = [
  [
    'openapi-fetch',
    'openapi-typescript/bin/cli.js',
    (folder) => [`${service.url(0)}/openapi.json`, '--output', `${folder}/schema.d.ts`],
  ],
  ['hey-api', '@hey-api/openapi-ts/bin/run.js', (folder) => ['--file', heyApiSettings(folder)]],
];

function heyApiSettings(folder: string): string {
  // As Node wants it: with the extensions of files.
  const output = { path: folder, module: { extension: '.js' } };
  const settings = JSON.stringify({ input: `${service.url(0)}/openapi.json`, output });
  writeFileSync(join(workplace, 'hey-api.config.mjs'), `export default ${settings};`);
  return 'hey-api.config.mjs';
}

test('they are generated and compile strictly', async () => {
  for (const [name, script, args] of GENERATORS) {
    mkdirSync(join(workplace, name));
    copyFileSync(join(PROGRAMS, `${name}.ts`), join(workplace, name, 'program.ts'));
    await succeeds(`node_modules/${script}`, args(`${name}/generated`));
  }
  await succeeds('node_modules/typescript/bin/tsc', ['--project', 'tsconfig.json']);
}, 180_000);

test.each(GENERATORS)('the one by %s works', async (name) => {
  const said = await succeeds(`built/${name}/program.js`, [service.url(0)]);
  expect(JSON.parse(said)).toEqual({
    user: `bob-${name}`,
    channel: 'Tea',
    newest: ['two', 'three'],
    newestHasMore: true,
    older: ['one'],
    olderHasMore: false,
    edited: 'uno',
    deleted: 'Message deleted',
    removed: true,
    gone: 'gone',
    invalid: ['username'],
    refused: [401, 'UNAUTHORIZED'],
  });
});

async function succeeds(script: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runScript(script, args, workplace);
  expect({ code, said: code === 0 ? '' : stdout + stderr }, script).toEqual({ code: 0, said: '' });
  return stdout;
}
