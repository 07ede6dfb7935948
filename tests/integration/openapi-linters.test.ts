// What two public linters say about the published document, with all the rules that they recommend but one: nothing.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runScript, toolsWorkplace } from '../support/openapi-tools.ts';
import { publishedDocument } from '../support/published-document.ts';
import { removeDirectory } from '../support/server-process.ts';

/** `/messages/channel/{id}` and `/messages/{id}/replies` cannot be meant both, because an id is a number. */
const REDOCLY = { extends: ['recommended'], rules: { 'no-ambiguous-paths': 'off' } };

interface Document {
  info: { license?: unknown };
  paths: Record<string, Record<string, { summary?: string; description?: string }>>;
}

let folder = '';
beforeAll(async () => {
  folder = await toolsWorkplace('openapi-linters');
  writeFileSync(join(folder, 'redocly.yaml'), JSON.stringify(REDOCLY));
  writeFileSync(join(folder, 'spectral.json'), JSON.stringify({ extends: ['spectral:oas'] }));
}, 180_000);
afterAll(() => removeDirectory(folder));

type Lint = (document: Document) => Promise<readonly unknown[]>;

const LINTERS: readonly [name: string, lint: Lint][] = [
  ['Redocly', async (document) => (await reportOf<{ problems: unknown[] }>(redocly(document))).problems],
  ['Spectral', (document) => reportOf<unknown[]>(spectral(document))],
];

function redocly(document: Document) {
  const args = ['lint', written(document), '--config', 'redocly.yaml', '--format', 'json'];
  return runScript('node_modules/@redocly/cli/bin/cli.js', args, folder);
}

function spectral(document: Document) {
  const args = ['lint', written(document), '--ruleset', 'spectral.json', '--format', 'json'];
  return runScript('node_modules/@stoplight/spectral-cli/dist/index.js', args, folder);
}

function written(document: Document): string {
  writeFileSync(join(folder, 'openapi.json'), JSON.stringify(document));
  return 'openapi.json';
}

/** What the linter prints, before a sentence for people. */
async function reportOf<T>(run: ReturnType<typeof runScript>): Promise<T> {
  const { stdout, stderr } = await run;
  const json = /^(?:\{.*\}|\[.*\])/s.exec(stdout)?.[0];
  if (json === undefined) throw new Error(`The linter gave no report: ${stdout}${stderr}`);
  return JSON.parse(json) as T;
}

test.each(LINTERS)('%s has nothing to say', async (_, lint) => {
  expect(await lint(await publishedDocument())).toEqual([]);
});

test.each(LINTERS)('%s would say what is missing', async (_, lint) => {
  const document = await publishedDocument<Document>();
  const call = document.paths['/api/v1/messages']?.post;
  delete call?.summary;
  delete call?.description;
  expect(await lint(document)).toHaveLength(1);
});
